/** `unrolled train` killed at any moment, and gone on with. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Random } from '../../src/base/random';
import { LanguageModel } from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { runCli, startCli, withOthers } from '../support/cli';
import { useFolder } from '../support/folder';
import { parseJsonLines } from '../support/json-lines';
import { IS_LONG } from '../support/program';

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(40);
const NETWORK = ['--hidden', '16', '--embedding', '8', '--layers', '2', '--dropout', '0.2'];
const TRAINING = ['--batch', '4', '--window', '8', '--validation', '0.1', '--clip-norm', '1', '--schedule', 'cosine'];
const KILLS = IS_LONG ? 100 : 20;
/** Steps that the first run and each of the others may make before they are killed. */
const STEPS_BETWEEN = 20;

/** A line of `train --json`. */
interface TrainLine {
  event: 'step' | 'epoch' | 'done';
  epoch: number;
  step: number;
  loss: number;
}

/** The parameters of a saved model. */
async function weightsOf(file: string): Promise<unknown> {
  using model = await LanguageModel.load(file);
  return await model.parameters();
}

describe('unrolled train --resume', function () {
  this.timeout(IS_LONG ? 1_800_000 : 120_000);
  const at = useFolder();

  function corpus(): string {
    writeFileSync(at('corpus.txt'), TEXT);
    return at('corpus.txt');
  }

  /** Kills a run once it has told of so many steps; returns whether it was still there to be killed. */
  async function killAfter(lines: number, args: string[]): Promise<boolean> {
    const { process, result } = startCli(...args);
    let seen = 0;
    process.stdout?.on('data', (text: string) => {
      seen += text.split('\n').length - 1;
      if (seen >= lines) process.kill('SIGKILL');
    });
    if (lines === 0) {
      await once(process, 'spawn');
      process.kill('SIGKILL');
    }
    return (await result).status === null;
  }

  it(`ends in the same bytes as a run never killed, though killed at ${KILLS} random moments`, async () => {
    // 1,620 tokens train: 50 steps an epoch.
    const steps = ['--steps', String(KILLS * STEPS_BETWEEN)];
    const training = ['train', corpus(), ...NETWORK, ...TRAINING, ...steps, '--log-every', '1', '--json'];
    const whole = await runCli(...training, '--out', at('whole'));
    assert.equal(whole.status, 0, whole.stderr);

    const random = new Random(1, 1002);
    const checkpoint = ['--checkpoint', at('c'), '--checkpoint-every', '1'];
    let stepsMade = 0;
    for (let kills = 0; kills < KILLS; kills++) {
      const resume = existsSync(at('c')) ? ['--resume', at('c')] : [];
      const args = [...training, ...checkpoint, ...resume, '--out', at('killed')];
      assert.ok(await killAfter(Math.floor(random.uniform() * STEPS_BETWEEN), args), `it ended before kill ${kills}`);
      assert.ok(!existsSync(at('killed')));
      if (!existsSync(at('c'))) continue;
      // Never torn, and never one from before.
      const { native } = (await readCheckpoint(at('c'))).record;
      assert.ok(native.steps >= stepsMade);
      stepsMade = native.steps;
    }
    assert.ok(stepsMade > 0);

    const last = await runCli(...training, ...checkpoint, '--resume', at('c'), '--out', at('killed'));
    assert.equal(last.status, 0, last.stderr);
    assert.ok(readFileSync(at('killed')).equals(readFileSync(at('whole'))));
    const figures = (stdout: string) =>
      parseJsonLines<TrainLine>(stdout).map(({ event, epoch, step, loss }) => ({ event, epoch, step, loss }));
    const resumed = figures(last.stdout);
    assert.equal(resumed[0]?.step, stepsMade);
    assert.deepEqual(
      resumed.filter(({ event }) => event === 'step'),
      figures(whole.stdout).filter(({ event, step }) => event === 'step' && step >= stepsMade),
    );
  });

  it('goes on from where Ctrl-C ended it', async () => {
    const training = ['train', corpus(), ...NETWORK, ...TRAINING, '--epochs', '60', '--log-every', '1', '--json'];
    const whole = await runCli(...training, '--out', at('whole'));
    assert.equal(whole.status, 0, whole.stderr);
    const checkpoint = ['--checkpoint', at('c'), '--checkpoint-every', '100000'];
    const { process, result } = startCli(...training, ...checkpoint, '--out', at('part'));
    process.stdout?.once('data', () => process.kill('SIGINT'));
    const interrupted = await result;
    assert.equal(interrupted.status, 130);
    const { status, stderr } = await runCli(...training, '--resume', at('c'), '--out', at('resumed'));
    assert.equal(status, 0, stderr);
    assert.ok(readFileSync(at('resumed')).equals(readFileSync(at('whole'))));
    // It says itself how.
    const command = /^To continue: unrolled (.*)$/m.exec(interrupted.stderr)?.[1] ?? '';
    assert.match(
      command,
      /^train \S+ --resume \S+ --checkpoint \S+ --checkpoint-every 100000 --out \S+ --log-every 1 --json$/,
    );
    const goingOn = await runCli(...command.split(' '));
    assert.equal(goingOn.status, 0, goingOn.stderr);
    assert.ok(readFileSync(at('part')).equals(readFileSync(at('whole'))));
  });

  it('takes options that are not given from the checkpoint', async () => {
    const own = ['--schedule-every', '5', '--schedule', 'step'];
    const training = withOthers(['train', corpus(), ...NETWORK, ...TRAINING], ...own);
    const all = [...training, '--seed', '3'];
    await runCli(...all, '--epochs', '2', '--out', at('whole'));
    const { status } = await runCli(...all, '--epochs', '1', '--checkpoint', at('c'));
    assert.equal(status, 0);
    const resumed = await runCli('train', corpus(), '--resume', at('c'), '--epochs', '2', '--out', at('resumed'));
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stdout, /^epoch 2 .*\ndone after 100 steps/);
    assert.ok(readFileSync(at('resumed')).equals(readFileSync(at('whole'))));
    // Nothing is left to do: the figures are those of the last epoch, the model is saved all the same.
    const again = await runCli('train', corpus(), '--resume', at('c'), '--out', at('again'), '--json');
    assert.deepEqual(
      parseJsonLines<TrainLine>(again.stdout).map(({ event, epoch, step }) => [event, epoch, step]),
      [['done', 0, 49]],
    );
    assert.ok(existsSync(at('again')));
    assert.match(
      again.stderr,
      /^The one epoch was already done: nothing was trained\. --epochs 2 continues the training\.$/m,
    );
    const whole = await runCli('train', corpus(), '--resume', at('c'), '--steps', '50');
    assert.equal(whole.status, 0);
    assert.equal(whole.stdout, 'nothing to train after 50 steps\n');
    assert.match(
      whole.stderr,
      /^All 50 steps were already done: nothing was trained\. --steps 67 continues the training\.$/m,
    );
    const less = await runCli('train', corpus(), '--resume', at('c'), '--steps', '20');
    assert.equal(less.status, 2);
    assert.match(less.stderr, /^unrolled: --steps must be at least 50, which \S+ has reached.*20.*OPTION_RANGE/);
    assert.deepEqual(readdirSync(at()).sort(), ['again', 'c', 'corpus.txt', 'resumed', 'whole']);

    for (const [args, message] of [
      [['--batch', '5'], /batch 4, but 5 was requested.*ERR_UNROLLED_MODEL_MISMATCH/],
      [['--hidden', '5'], /hidden 16, but 5 was requested/],
      [['--dropout', '0.5'], /dropout/],
      [['--tokens', 'byte'], /ERR_UNROLLED_MODEL_MISMATCH/],
      [['--init', at('whole')], /--init must be left out if --resume is given/],
      [['--checkpoint-every', '5'], /--checkpoint-every must be left out unless --checkpoint is given/],
      [['--checkpoint', corpus()], /--checkpoint must be another file than the corpus/],
      [['--checkpoint', at('none', 'c')], /ERR_UNROLLED_FILE_WRITE/],
    ] as const) {
      const failed = await runCli('train', corpus(), '--resume', at('c'), '--epochs', '2', ...args);
      assert.notEqual(failed.status, 0, args.join(' '));
      assert.match(failed.stderr, message);
    }
    for (const [text, what] of [
      [TEXT.replaceAll('dog', 'fox'), /other data: these are also 1,620 tokens/],
      [TEXT.replaceAll('dog', 'DOG'), /other data: its vocabulary lacks "D" .*, which these data have\./],
    ] as const) {
      writeFileSync(at('other.txt'), text);
      const { status, stderr } = await runCli('train', at('other.txt'), '--resume', at('c'), '--epochs', '2');
      assert.equal(status, 1);
      assert.match(stderr, what);
      assert.match(
        stderr,
        /trained on, or start a new training from its weights: --init instead of --resume\. \(ERR_UNROLLED_MODEL_MISMATCH\)\n$/,
      );
    }
    const model = await runCli('train', corpus(), '--resume', at('whole'));
    assert.match(model.stderr, /is not a checkpoint.*ERR_UNROLLED_MODEL_FORMAT/);
  });

  it('stops early, with the best weights', async () => {
    // What validates, the end of the text, is the worse known the better what trains is.
    writeFileSync(at('corpus.txt'), `${TEXT}${'dog lazy the over jumps fox brown\n'.repeat(5)}`);
    const args = ['train', at('corpus.txt'), '--hidden', '16', '--embedding', '8', '--batch', '4', '--window', '8'];
    const training = [...args, '--lr', '0.02', '--validation', '0.1', '--json'];
    const bad = [...args, '--epochs', '30', '--json'];
    const { status, stdout, stderr } = await runCli(
      ...[...training, '--epochs', '30', '--early-stopping', '3', '--out', at('m')],
    );
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /Stopped early: the validation loss has not improved for 3 epochs; the best was epoch \d+\.\n/,
    );
    const epochs = parseJsonLines<TrainLine>(stdout).filter(({ event }) => event === 'epoch');
    assert.ok(epochs.length < 30);
    const best = epochs.length - 3;
    assert.match(stderr, new RegExp(`the best was epoch ${best}\\.`));
    // The saved weights are those that a run of so many epochs ends with, and not those of the last epoch.
    for (const [length, isSaved] of [
      [best, true],
      [epochs.length, false],
    ] as const) {
      const { status: ended } = await runCli(...training, '--epochs', String(length), '--out', at('other'));
      assert.equal(ended, 0);
      assert.equal(isDeepStrictEqual(await weightsOf(at('m')), await weightsOf(at('other'))), isSaved, `${length}`);
    }
    const unvalidated = await runCli(...bad, '--early-stopping', '3');
    assert.equal(unvalidated.status, 2);
    assert.match(
      unvalidated.stderr,
      /^unrolled: --early-stopping 3 .*: add --validation 0\.1.*ERR_UNROLLED_OPTION_RANGE/,
    );
  });
});
