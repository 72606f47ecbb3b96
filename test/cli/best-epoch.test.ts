/** `unrolled train` and `classify train` save the best epoch, however they end. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  collect,
  datasets,
  type FloatTensor,
  History,
  LanguageModel,
  type Parameters,
  TextClassifier,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { runCli, startCli, withOthers } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';

/** A line with `--json`. */
interface TrainLine {
  event: 'epoch' | 'done';
  epoch: number;
  validationLoss: number;
  keptEpoch?: number;
  bestEpoch?: number;
}

/** Whole lines of what was printed so far. */
function linesOf(printed: string): TrainLine[] {
  return parseJsonLines(printed.slice(0, printed.lastIndexOf('\n') + 1));
}

function bestOf(lines: readonly TrainLine[]): number {
  return Math.min(...lines.map(({ validationLoss }) => validationLoss));
}

/** Runs a training with `--json` until its last three epochs are worse than one before, and sends it a signal. */
async function interrupted(args: readonly string[], signal: NodeJS.Signals) {
  const { process, result } = startCli(...args, '--epochs', '1000000', '--json');
  let printed = '';
  const look = (text: string) => {
    printed += text;
    const lines = linesOf(printed);
    if (lines.length <= 3 || bestOf(lines.slice(-3)) <= bestOf(lines)) return;
    process.kill(signal);
    process.stdout?.off('data', look);
  };
  process.stdout?.on('data', look);
  const ended = await result;
  const lines = linesOf(ended.stdout);
  const epochs = lines.filter(({ event }) => event === 'epoch');
  const best = epochs.findIndex(({ validationLoss }) => validationLoss === bestOf(epochs));
  assert.ok(best < epochs.length - 1);
  return { ...ended, best, done: lines.at(-1) };
}

/** What trains, and what validates: the better the one is known, the worse the other. */
const TEXT = `${'the quick brown fox jumps over the lazy dog.\n'.repeat(36)}${'dog lazy the over jumps fox brown\n'.repeat(5)}`;

describe('the best epoch', function () {
  this.timeout(60_000);
  const at = useFolder();

  function training(...args: string[]): string[] {
    writeFileSync(at('corpus.txt'), TEXT);
    const network = ['--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8', '--lr', '0.02'];
    return withOthers(
      ['train', at('corpus.txt'), ...network, '--validation', '0.1', '--early-stopping', '999'],
      ...args,
    );
  }

  /** That a model has the best epoch's weights of a checkpoint, and not its last ones. */
  async function requireBest(saved: Parameters, checkpoint: string, callback: string): Promise<void> {
    const { record, file } = await readCheckpoint(checkpoint);
    const kept = record.callbacks.find(({ name }) => name === callback)?.state as { weights: Parameters } | undefined;
    assert.ok(kept !== undefined);
    for (const [name, { data }] of Object.entries(kept.weights)) assert.deepEqual(saved[name]?.data, data);
    const isLast = ([name, { data }]: [string, FloatTensor]) => isDeepStrictEqual(data, file.tensors.get(name)?.data);
    assert.ok(!Object.entries(saved).every(isLast));
  }

  it('is what train saves when a signal ends it, and it says which that is', async () => {
    const [out, checkpoint, page] = [at('m'), at('c'), at('r.html')];
    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const args = training('--out', out, '--checkpoint', checkpoint, '--report', page);
      const { status, stderr, best, done } = await interrupted(args, signal);
      assert.equal(status, expected, stderr);
      assert.equal(done?.keptEpoch, best);
      assert.match(stderr, new RegExp(`^The model has the weights of epoch ${best + 1}, the best so far\\.$`, 'm'));
      assert.match(readFileSync(page, 'utf8'), new RegExp(`<dt>Weights kept</dt><dd>epoch ${best + 1} <`));
      using model = await LanguageModel.load(out);
      await requireBest(await model.parameters(), checkpoint, 'earlyStopping');
      // It goes on, and says the same where nothing is better.
      const more = ['--resume', checkpoint, '--early-stopping', '999', '--epochs', String((done?.epoch ?? 0) + 2)];
      const resumed = await runCli('train', at('corpus.txt'), ...more, '--out', at('more'));
      assert.equal(resumed.status, 0, resumed.stderr);
      assert.ok(resumed.stderr.includes(`The model has the weights of epoch ${best + 1}, the best so far.\n`));
      assert.ok(readFileSync(at('more')).equals(readFileSync(out)));
    }
  });

  it('is what train saves when it ends by itself, within an epoch too', async () => {
    for (const bound of [
      ['--epochs', '20'],
      ['--steps', '990'],
    ]) {
      const { status, stdout, stderr } = await runCli(
        ...[...training('--out', at('m'), '--checkpoint', at('c')), ...bound, '--json'],
      );
      assert.equal(status, 0, stderr);
      const epochs = linesOf(stdout).slice(0, -1);
      const best = epochs.findIndex(({ validationLoss }) => validationLoss === bestOf(epochs));
      assert.equal(linesOf(stdout).at(-1)?.keptEpoch, best);
      using model = await LanguageModel.load(at('m'));
      await requireBest(await model.parameters(), at('c'), 'earlyStopping');
    }
    // The epoch that the steps cut short is told of again.
    const without = await runCli('train', at('corpus.txt'), '--resume', at('c'));
    assert.equal(without.status, 1, without.stderr);
    assert.match(
      without.stderr,
      /c was trained with --early-stopping, which is now missing\. Give it again to continue/,
    );
    const again = await runCli('train', at('corpus.txt'), '--resume', at('c'), '--early-stopping', '999');
    assert.match(again.stdout, /^epoch 20 .*\ndone after 990 steps/);
    assert.match(
      again.stderr,
      /^All 990 steps were already done: nothing was trained\. --steps 1320 continues the training\.$/m,
    );
  });

  it('is told of where train keeps the last, and none where nothing validates', async () => {
    writeFileSync(at('corpus.txt'), TEXT);
    const network = ['--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8', '--lr', '0.02'];
    const args = ['train', at('corpus.txt'), ...network, '--out', at('m')];
    const validation = ['--validation', '0.1'];
    const { status, stdout, stderr } = await runCli(...args, ...validation, '--epochs', '15', '--json');
    assert.equal(status, 0, stderr);
    const lines = linesOf(stdout);
    const epochs = lines.filter(({ event }) => event === 'epoch');
    const best = epochs.findIndex(({ validationLoss }) => validationLoss === bestOf(epochs));
    assert.ok(best < 14, 'the last is not the best');
    assert.deepEqual([lines.at(-1)?.bestEpoch, lines.at(-1)?.keptEpoch], [best, undefined]);
    const loss = bestOf(epochs).toFixed(4);
    const told = `Epoch ${best + 1} has the lowest validation loss (${loss}); the model has the weights of epoch 15, the last. `;
    assert.ok(stderr.includes(`${told}--early-stopping 3 `), stderr);
    // Of a run that goes on, the epochs before count too; where none is left, there is nothing to tell.
    await runCli(...args, ...validation, '--epochs', String(best + 1), '--checkpoint', at('c'));
    const first = await runCli(...args, '--resume', at('c'), '--epochs', String(best + 2), '--checkpoint', at('c'));
    assert.match(first.stderr, new RegExp(`^Epoch ${best + 1} has the .* of epoch ${best + 2}, the last\\.`, 'm'));
    const again = await runCli(...args, '--resume', at('c'));
    assert.doesNotMatch(again.stderr, /lowest/);
    const one = await runCli(...args, ...validation, '--epochs', '1');
    assert.match(one.stderr, /^Epoch 1, the last, has the lowest validation loss \(\d\.\d{4}\)\.$/m);
    const plain = await runCli(...args, '--epochs', '1', '--json');
    assert.doesNotMatch(plain.stderr, /lowest/);
    assert.ok(!('bestEpoch' in (linesOf(plain.stdout).at(-1) as TrainLine)));
    const stopped = await runCli(...args, ...validation, '--epochs', '40', '--early-stopping', '3', '--json');
    const done = linesOf(stopped.stdout).at(-1);
    assert.deepEqual([done?.keptEpoch, done?.bestEpoch], [best, best]);
    assert.doesNotMatch(stopped.stderr, /lowest/);
  });

  it('is told of where a signal ends train within an epoch', async () => {
    // 360,000 steps in an epoch: the signal comes long before its end, on a fast and on a busy machine.
    writeFileSync(at('corpus.txt'), TEXT.repeat(200));
    const network = ['--hidden', '16', '--embedding', '8', '--batch', '1', '--window', '1', '--validation', '0.1'];
    const { process, result } = startCli(
      'train',
      at('corpus.txt'),
      ...network,
      '--epochs',
      '1000',
      '--log-every',
      '1000',
      '--json',
    );
    let printed = '';
    process.stdout?.on('data', (text) => {
      if (process.killed) return;
      printed += text;
      const last = printed.lastIndexOf('"event":"epoch"');
      if (last !== -1 && printed.indexOf('"event":"step"', last) !== -1) process.kill('SIGINT');
    });
    const { status, stderr } = await result;
    assert.equal(status, 130, stderr);
    assert.match(
      stderr,
      /^Epoch \d+ has the lowest validation loss \(.*\); the model has the weights of the last step\. /m,
    );
  });

  it('is none where the first has not ended, and train says that it saves the last weights', async () => {
    const args = training('--batch', '1', '--window', '1', '--out', at('m'), '--log-every', '1');
    // 160,000 windows in an epoch.
    writeFileSync(at('corpus.txt'), TEXT.repeat(100));
    const { process, result } = startCli(...args);
    process.stdout?.once('data', () => process.kill('SIGINT'));
    const { status, stderr } = await result;
    assert.equal(status, 130);
    assert.match(stderr, /^No epoch has a finite validation loss yet: the model has the weights of the last step\.$/m);
    (await LanguageModel.load(at('m'))).dispose();
  });

  it('is what train saves when the loss is not finite, or a checkpoint cannot be written', async () => {
    const [out, checkpoint] = [at('m'), at('folder', 'c')];
    mkdirSync(at('folder'));
    const args = training('--epochs', '1000000', '--out', out, '--checkpoint', checkpoint);
    const rising = ['--optimizer', 'sgd', '--lr', '100', '--warmup', '10000'];
    const diverging = await runCli(...withOthers(args, '--cell', 'rnn', '--nonlinearity', 'relu', ...rising));
    assert.equal(diverging.status, 1);
    assert.match(
      diverging.stderr,
      /^The weights of epoch \d+, the best so far, are in .*m\.\n.*ERR_UNROLLED_NON_FINITE_LOSS\)\n$/m,
    );
    using model = await LanguageModel.load(out);
    await requireBest(await model.parameters(), checkpoint, 'earlyStopping');

    rmSync(out);
    const { process, result } = startCli(...args);
    process.stdout?.once('data', () => renameSync(at('folder'), at('elsewhere')));
    const failed = await result;
    assert.equal(failed.status, 1);
    assert.match(
      failed.stderr,
      /^The weights of epoch \d+, the best so far, are in .*m\.\n.*ERR_UNROLLED_FILE_WRITE\)\n$/m,
    );
    (await LanguageModel.load(out)).dispose();
  });

  it('is what classify train saves when a signal ends it, and it says which that is', async () => {
    for (const [label, name] of ['neg', 'pos'].entries()) {
      mkdirSync(at('texts', name), { recursive: true });
      for (let i = 0; i < 30; i++) {
        // Nothing in them tells the class.
        writeFileSync(at('texts', name, `${i}.txt`), `it is ${['bad', 'good', 'dull'][(i + label) % 3]} ${i % 7}`);
      }
    }
    const [out, checkpoint] = [at('m'), at('c')];
    const network = ['--embedding', '4', '--hidden', '3', '--dense', '4', '--batch', '8', '--lr', '0.5'];
    const args = ['classify', 'train', at('texts'), ...network, '--validation', '0.3'];
    const { status, stderr, best, done } = await interrupted(
      [...args, '--out', out, '--checkpoint', checkpoint],
      'SIGINT',
    );
    assert.equal(status, 130, stderr);
    assert.equal(done?.epoch, best);
    assert.match(stderr, new RegExp(`^The model has the weights of epoch ${best + 1}, the best so far\\.$`, 'm'));
    using classifier = await TextClassifier.load(out);
    await requireBest(await classifier.parameters(), checkpoint, 'bestWeights');
    // `fit` goes on with it as well, whose `keepBest` is the same.
    const { examples } = await datasets.textFolder(at('texts'));
    using resumed = await TextClassifier.load(checkpoint);
    const again = { resume: checkpoint, callbacks: [new History()], signal: AbortSignal.abort() };
    await assert.rejects(collect(resumed.fit(examples, again)), { code: 'ERR_UNROLLED_ABORTED' });
    await requireBest(await resumed.parameters(), checkpoint, 'bestWeights');
    // Where nothing validates it has the last weights.
    const last = startCli(...withOthers(args, '--validation', '0', '--epochs', '1000000'));
    last.process.stdout?.once('data', () => last.process.kill('SIGINT'));
    assert.match((await last.result).stdout, /\ninterrupted after .* s, with the weights of the last step\n$/);
  });
});
