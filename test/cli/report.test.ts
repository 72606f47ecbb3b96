/** `unrolled train --report` from outside: the page is there however the training ends. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReportFile } from '../../src/cli/language-model/report-file';
import { History } from '../../src/index';
import { escapeText } from '../../src/report/html';
import { runCli, startCli, withOthers } from '../support/cli';
import { epochResult } from '../support/epochs';
import { useFolder } from '../support/folder';
import { dataOf, sectionsOf } from '../support/report';

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(40);
const SMALL = ['--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8'];
const ALL = ['training', 'samples', 'activations', 'gradient', 'model'];

/** Of a training that never was. */
const KEPT = { bestEpoch: undefined, out: undefined, keepBest: '--early-stopping N' };
const MODEL = {
  input: { kind: 'ids' as const, vocabulary: 2 },
  layers: [
    { name: 'embedding', type: 'embedding' as const, features: 2 },
    { name: 'head', type: 'dense' as const, features: 2 },
  ],
};

describe('unrolled train --report', function () {
  this.timeout(60_000);
  const at = useFolder();

  function corpus(): string {
    writeFileSync(at("the dog's.txt"), TEXT);
    return at("the dog's.txt");
  }

  const read = (name = 'page.html') => readFileSync(at(name), 'utf8');

  it('writes the whole training, and the command that made it', async () => {
    const args = ['train', corpus(), ...SMALL, '--epochs', '2', '--validation', '0.1', '--schedule', 'cosine'];
    const { status, stdout, stderr } = await runCli(...args, '--report', at('page.html'));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^done after 100 steps/m);
    const page = read();
    assert.deepEqual(sectionsOf(page), ALL);
    assert.ok(page.includes(`<title>${escapeText("LSTM on the dog's.txt")}</title>`));
    const quoted = `'${join(at(), "the dog'\\''s.txt")}'`;
    assert.ok(page.includes(`>unrolled train ${escapeText(quoted)} ${SMALL.join(' ')}`));
    const { charts, stepCharts, samples, activations } = dataOf(page);
    assert.deepEqual(
      charts.map(({ id, x }) => [id, x?.length]),
      [
        ['loss', 2],
        ['accuracy', 2],
        ['speed', 2],
        // Of 65 tokens the last is the target, and behind the last but one nothing is left.
        ['gradient-by-step', 63],
      ],
    );
    assert.deepEqual(
      stepCharts.map(({ id, start }) => [id, start.length]),
      [
        ['step-loss', 100],
        ['step-learning-rate', 100],
        ['step-gradient-norm', 100],
      ],
    );
    assert.deepEqual(
      samples.map(({ epoch, step, text }) => [epoch, step, text.length]),
      [
        [0, 49, 300],
        [1, 99, 300],
      ],
    );
    // The text that validates: the last tenth.
    assert.equal(activations[0]?.tokens.join(''), TEXT.slice(1620));
    assert.deepEqual(readdirSync(at()).sort(), ['page.html', "the dog's.txt"]);
  });

  it('reads the end of a text that is left in its file, in the tokens that it has', async () => {
    const args = ['train', corpus(), ...SMALL, '--steps', '3', '--stream', '--max-vocab', '20'];
    const { status, stderr } = await runCli(...args, '--report', at('page.html'));
    assert.equal(status, 0, stderr);
    const { tokens = [] } = dataOf(read()).activations[0] ?? {};
    assert.equal(tokens.length, 600);
    const expected = [...TEXT.slice(-600)];
    assert.ok(tokens.every((token, index) => token === expected[index] || token === '\ufffd'));
    assert.ok(tokens.includes('\ufffd'));
  });

  it('is written when the training is interrupted, within an epoch too', async () => {
    const args = withOthers(['train', corpus(), ...SMALL, '--steps', '1000000000'], '--batch', '1', '--window', '1');
    const { process, result } = startCli(...args, '--log-every', '1', '--report', at('page.html'));
    process.stdout?.once('data', () => process.kill('SIGINT'));
    const { status, stderr } = await result;
    assert.equal(status, 130, stderr);
    const page = read();
    assert.match(page, /role="note">Training was interrupted\./);
    const [loss] = dataOf(page).stepCharts;
    assert.equal(loss?.id, 'step-loss');
    assert.ok((loss?.start.length ?? 0) > 0);
    assert.ok(sectionsOf(page).includes('activations'));
  });

  it('is written when the loss is no number, and says so', async () => {
    const { status, stderr } = await runCli(
      ...['train', corpus(), ...SMALL, '--cell', 'rnn', '--nonlinearity', 'relu', '--optimizer', 'sgd', '--lr', '1000'],
      ...['--report', at('page.html')],
    );
    assert.equal(status, 1);
    assert.match(stderr, /ERR_UNROLLED_NON_FINITE_LOSS/);
    assert.match(read(), /role="note">The loss is not finite at step \d+\./);
  });

  describe('says which weights were saved', () => {
    const weights = () => /<p class="note" id="weights">(.*?)<\/p>/.exec(read())?.[1];
    const run = async (...args: string[]) => {
      const { status, stderr } = await runCli('train', corpus(), ...SMALL, ...args, '--report', at('page.html'));
      assert.equal(status, 0, stderr);
    };

    it('those of the last epoch, and how to get the best ones', async () => {
      await run('--epochs', '2', '--out', at('m'));
      assert.equal(
        weights(),
        `The model has the weights of epoch 2, the last. The best epoch is unknown, because no data was used for validation: --validation 0.1 --early-stopping N keeps the best. It is saved in ${at('m')}.`,
      );
      assert.match(read(), /<dt>Weights kept<\/dt><dd>epoch 2 <small>of 2</);
    });

    it('of a training that went past its best epoch', async () => {
      // The text's end is unlike the rest: what is learned makes it less likely.
      writeFileSync(at('t'), 'ab'.repeat(1800) + 'aabbbabaab'.repeat(40));
      const args = ['train', at('t'), ...SMALL, '--epochs', '4', '--lr', '0.01', '--validation', '0.1', '--seed', '1'];
      const { status, stderr } = await runCli(...args, '--report', at('page.html'));
      assert.equal(status, 0, stderr);
      const [, epoch, loss] =
        /^The model has the weights of epoch 4, the last\. Epoch (\d) has the lowest validation loss, ([\d.]+): --early-stopping N keeps the best\. The model was not saved: --out FILE saves it\.$/.exec(
          weights() ?? '',
        ) ?? [];
      const values = (dataOf(read()).charts[0]?.lines[1]?.values ?? []) as number[];
      assert.equal(values.length, 4);
      const best = Math.min(...values);
      assert.equal(Number(epoch), values.indexOf(best) + 1);
      assert.notEqual(Number(epoch), 4);
      assert.ok(Math.abs(Number(loss) - best) < 1e-3);
      // Those of the best are its own, and so are the figures at the head.
      const again = await runCli(...args, '--early-stopping', '4', '--out', at('m'), '--report', at('page.html'));
      assert.equal(again.status, 0, again.stderr);
      assert.equal(
        weights(),
        `The model has the weights of epoch ${epoch}, the one with the lowest validation loss. It is saved in ${at('m')}.`,
      );
      assert.match(
        read(),
        new RegExp(`<dt>Validation loss</dt><dd>${loss} <small>nats, epoch ${epoch}, kept, the best<`),
      );
    });

    it('those of the last step, where it ended within an epoch', async () => {
      // 360,000 steps in an epoch: the signal comes long before its end, on a fast and on a busy machine.
      writeFileSync(at('t'), TEXT.repeat(200));
      const args = withOthers(['train', at('t'), ...SMALL, '--steps', '1000000000'], '--batch', '1', '--window', '1');
      const { process, result } = startCli(...args, '--log-every', '1', '--out', at('m'), '--report', at('page.html'));
      process.stdout?.once('data', () => process.kill('SIGINT'));
      assert.equal((await result).status, 130);
      assert.match(
        weights() ?? '',
        /^The model has the weights of the last step, in an unfinished epoch\. .* It is saved in /,
      );
      assert.doesNotMatch(read(), /Weights kept/);
    });
  });

  it('goes on with the page of a training that is resumed', async () => {
    const training = ['train', corpus(), ...SMALL, '--checkpoint', at('c'), '--report', at('page.html')];
    const first = await runCli(...training, '--epochs', '1');
    assert.equal(first.status, 0, first.stderr);
    const before = dataOf(read());
    const second = await runCli(...training, '--epochs', '2', '--resume', at('c'));
    assert.equal(second.status, 0, second.stderr);
    const { samples, stepCharts } = dataOf(read());
    assert.deepEqual({ ...samples[0], isKept: true }, before.samples[0]);
    assert.deepEqual(
      samples.map(({ isKept }) => isKept),
      [undefined, true],
    );
    assert.deepEqual(
      samples.map(({ epoch }) => epoch),
      [0, 1],
    );
    assert.equal(stepCharts[0]?.start.length, 2 * (before.stepCharts[0]?.start.length ?? 0));
    // Without a report it can be resumed too.
    const third = await runCli('train', corpus(), '--epochs', '2', '--resume', at('c'));
    assert.equal(third.status, 0, third.stderr);
  });

  it('keeps some of the samples of a long training, and the last', async () => {
    const history = new History();
    const page = await ReportFile.open(at('page.html'), history, {});
    assert.ok(page !== undefined);
    let drawn = 0;
    page.sample = async () => `sample ${drawn++}`;
    for (let epoch = 0; epoch < 1000; epoch++) {
      const result = epochResult(epoch, { loss: 1, steps: 1 });
      history.push(result);
      await page.onEpochEnd(result);
    }
    await page.write({ title: 'long', inspect: async () => ({}), kept: KEPT, model: MODEL });
    const { samples } = dataOf(read());
    assert.deepEqual(
      samples.map(({ epoch }) => epoch),
      [...Array.from({ length: 63 }, (_, index) => 16 * index), 999],
    );
    assert.ok(drawn < 250, `${drawn} were drawn`);
    for (const state of [undefined, {}, { samples: [{}], stride: 1 }, { samples: [], stride: 0 }]) {
      assert.throws(() => page.setState(state), { code: /^ERR_UNROLLED_OPTION_/ });
    }
  });

  it('has a sample of the kept weights, though it is thinned out, and none of others by them', async () => {
    for (const ends of [true, false]) {
      const history = new History();
      const page = await ReportFile.open(at('page.html'), history, {});
      assert.ok(page !== undefined);
      let weights = -1;
      page.sample = async () => `of ${weights}`;
      for (let epoch = 0; epoch < 230; epoch++) {
        weights = epoch;
        const result = epochResult(epoch, { loss: 1, steps: 3 });
        history.push(result);
        await page.onEpochEnd(result);
      }
      if (ends) await page.onEnd();
      weights = 21;
      await page.write({ title: 'long', inspect: async () => ({}), kept: { ...KEPT, bestEpoch: 21 }, model: MODEL });
      const { samples } = dataOf(read());
      assert.deepEqual(
        samples.filter(({ isKept }) => isKept),
        [{ epoch: 21, step: 65, text: 'of 21', isKept: true }],
      );
      for (const { epoch, text } of samples) assert.equal(text, `of ${epoch}`);
      const epochs = samples.map(({ epoch }) => epoch);
      assert.deepEqual(
        epochs,
        [...epochs].sort((a, b) => a - b),
      );
      assert.equal(epochs.at(-1), ends ? 229 : 228);
      assert.match(read(), /after epoch 22, step 66, kept/);
    }
  });

  it('has one on the command line', async () => {
    writeFileSync(at('t'), 'ab'.repeat(300) + 'aabbbabaab'.repeat(8));
    const args = ['train', at('t'), ...SMALL, '--lr', '0.01', '--validation', '0.1', '--seed', '3', '--epochs', '67'];
    const flags = ['--early-stopping', '67', '--json', '--report', at('page.html')];
    const { status, stdout, stderr } = await runCli(...args, ...flags);
    assert.equal(status, 0, stderr);
    const { keptEpoch } = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    const { samples } = dataOf(read());
    assert.ok(samples.length < 40, `${samples.length}`);
    assert.deepEqual(
      samples.flatMap(({ epoch, isKept }) => (isKept ? [epoch] : [])),
      [keptEpoch],
    );
    assert.equal(keptEpoch % 2, 1, 'an epoch that is thinned out');
  });

  it('is refused before the training where it cannot be, or would cost another file', async () => {
    const path = corpus();
    const nowhere = await runCli('train', path, ...SMALL, '--report', at('no', 'page.html'));
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /ERR_UNROLLED_FILE_WRITE/);
    for (const [other, args] of [
      ['the corpus', ['--report', at('.', "the dog's.txt")]],
      ['--out', ['--report', at('same'), '--out', at('same')]],
      ['--checkpoint', ['--report', at('same'), '--checkpoint', at('same')]],
    ] as const) {
      const { status, stdout, stderr } = await runCli('train', path, ...SMALL, ...args);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.ok(stderr.startsWith(`unrolled: --report must be another file than ${other}, not `), stderr);
    }
    const text = await runCli('train', path, ...SMALL, '--report', at('page.txt'));
    assert.equal(text.status, 2);
    assert.match(text.stderr, /^unrolled: --report must be a file whose name ends in \.html or \.htm/);
    assert.ok(!existsSync(at('same')));
    assert.equal(readFileSync(path, 'utf8'), TEXT);
  });
});
