/**
 * The command line against PyTorch: the same weights, the same text, the same losses, and the weights back again.
 *
 * The text has more than 2,000 distinct characters, the clipping acts, and the run goes on into a second epoch.
 */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readSafetensors } from '../../src/safetensors';
import { runCli } from '../support/cli';
import { dataFolder } from '../support/data';
import { parseJsonLines } from '../support/json-lines';
import { askPython, requireKeptPython } from './kept-python';

/** Characters of the corpus, and of the text that is evaluated. */
const LENGTH = 15_000;
const EVALUATED_LENGTH = 2_000;

/** 33 steps an epoch. */
const STREAM = { batch: 7, window: 64 };
const STEPS = 40;

/**
 * Largest differences: of a loss, relative; of a weight, absolute (relative above 1). Adam divides a gradient by its
 * own size, so that the rounding of one near zero is seen in its weight.
 */
const LOSS_TOLERANCE = 5e-5;
const WEIGHT_TOLERANCE = { sgd: 1e-4, adam: 1e-3, adamw: 1e-3 };
const EVALUATION_TOLERANCE = 1e-5;

/**
 * At these learning rates PyTorch's own losses in float32 and in float64 stay within 2e-6 of each other. An RNN's
 * training may become chaotic: at four times the rate they part by 2e-3.
 */
const CASES = [
  { cell: 'rnn', layers: 1, embedding: 32, optimizer: 'sgd', lr: 1, clipNorm: 0.25 },
  { cell: 'gru', layers: 2, embedding: 32, optimizer: 'sgd', lr: 4, clipNorm: 0.1 },
  { cell: 'lstm', layers: 2, embedding: 32, optimizer: 'sgd', lr: 4, clipNorm: 0.1 },
  { cell: 'lstm', layers: 1, embedding: 'onehot', optimizer: 'adam', lr: 0.002, clipNorm: 0.1 },
  // At this rate the weight decay that both have by default, 0.01, changes weights by 0.4 %, four times the tolerance.
  { cell: 'gru', layers: 1, embedding: 32, optimizer: 'adamw', lr: 0.01, clipNorm: 0.1 },
] as const;
const HIDDEN = 64;

/** A step of `torch_train.py`; `norm` is the gradient's before it is clipped. */
interface TorchStep {
  step: number;
  loss: number;
  norm: number;
}

/** A line of `unrolled train --json`. */
interface TrainLine {
  event: 'step' | 'epoch' | 'done';
  epoch: number;
  step: number;
  loss: number;
}

/** The start of the Tang poems; where they are absent, lines drawn from 3,000 characters, low ones more often. */
function corpusText(): string {
  const tang = join(dataFolder, 'tang.txt.gz');
  if (existsSync(tang)) {
    const text = gunzipSync(readFileSync(tang)).toString('utf8');
    return [...text.slice(0, 2 * LENGTH)].slice(0, LENGTH).join('');
  }
  let state = 1;
  return Array.from({ length: LENGTH }, (_, index) => {
    if (index % 6 === 5) return index % 12 === 5 ? '，' : '\n';
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCodePoint(0x4e00 + Math.floor(3000 * (state / 2 ** 32) ** 2));
  }).join('');
}

async function unrolled(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCli(...args);
  assert.equal(status, 0, stderr);
  return stdout;
}

function relativeDifference(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.abs(expected);
}

describe('PyTorch', function () {
  this.timeout(60_000);
  let folder = '';
  const at = (name: string) => join(folder, name);

  before(async function () {
    await requireKeptPython(this, 'torch', 'numpy');
    folder = mkdtempSync(join(tmpdir(), 'unrolled-peer-'));
    const text = corpusText();
    assert.ok(new Set(text).size > 2000, 'the corpus must have a large vocabulary');
    writeFileSync(at('corpus.txt'), text);
    writeFileSync(at('short.txt'), [...text].slice(-EVALUATED_LENGTH).join(''));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script of this folder on a job. */
  async function torch<Line>(script: string, job: object): Promise<Line[]> {
    writeFileSync(at('job.json'), JSON.stringify({ corpus: at('corpus.txt'), dtype: 'float32', ...job }));
    return parseJsonLines(await askPython(script, at('job.json')));
  }

  for (const { cell, layers, embedding, optimizer, lr, clipNorm } of CASES) {
    describe(`${layers}-layer ${cell.toUpperCase()}, ${embedding} inputs, ${optimizer}`, () => {
      const architecture = { cell, layers, embedding, hidden: HIDDEN };
      let theirs: TorchStep[];
      let ours: TrainLine[];

      before('both train', async () => {
        theirs = await torch<TorchStep>('torch_train.py', {
          ...architecture,
          ...STREAM,
          ...{ tokens: 'char', optimizer, lr, clipNorm, steps: STEPS, seed: 1 },
          ...{ init: at('init.safetensors'), out: at('torch.safetensors') },
        });
        const options = {
          ...{ tokens: 'char', cell, layers, embedding, hidden: HIDDEN, ...STREAM },
          ...{ optimizer, lr, 'clip-norm': clipNorm, steps: STEPS, 'log-every': 1 },
          ...{ init: at('init.safetensors'), out: at('unrolled.safetensors') },
        };
        const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
        ours = parseJsonLines<TrainLine>(await unrolled('train', at('corpus.txt'), ...args, '--json'));
      });

      it("every step's loss is PyTorch's while the clipping acts", () => {
        const steps = ours.filter(({ event }) => event === 'step');
        assert.equal(theirs.length, STEPS);
        assert.deepEqual(
          steps.map(({ step }) => step),
          theirs.map(({ step }) => step),
        );
        assert.equal(steps.at(-1)?.epoch, 1, 'the run must go on into a second epoch');
        assert.ok(theirs.filter(({ norm }) => norm > clipNorm).length >= 0.9 * STEPS, 'the clipping must act');
        assert.ok(theirs[STEPS - 1]!.loss < theirs[0]!.loss - 0.5, 'the model must learn');
        for (const [index, { loss }] of steps.entries()) {
          const expected = theirs[index]!.loss;
          assert.ok(
            relativeDifference(loss, expected) <= LOSS_TOLERANCE,
            `step ${index}: loss ${loss}, PyTorch's ${expected}`,
          );
        }
      });

      it('the weights after the last step are too', async () => {
        const expected = (await readSafetensors(at('torch.safetensors'))).tensors;
        const actual = (await readSafetensors(at('unrolled.safetensors'))).tensors;
        assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
        for (const [name, { shape, data }] of expected) {
          const own = actual.get(name)!;
          assert.deepEqual(own.shape, shape, name);
          for (let i = 0; i < data.length; i++) {
            const [a, b] = [Number(own.data[i]), Number(data[i])];
            assert.ok(
              Math.abs(a - b) <= WEIGHT_TOLERANCE[optimizer] * Math.max(1, Math.abs(b)),
              `${name}[${i}]: ${a}, PyTorch's ${b}`,
            );
          }
        }
      });

      it('a model saved here is loaded there and has the same loss', async () => {
        const model = at('unrolled.safetensors');
        const [line] = parseJsonLines<{ loss: number; tokens: number }>(
          await unrolled('evaluate', model, at('short.txt'), '--json'),
        );
        const [expected] = await torch<{ loss: number; tokens: number }>('torch_evaluate.py', {
          ...architecture,
          ...{ model, text: at('short.txt') },
        });
        assert.equal(line?.tokens, EVALUATED_LENGTH - 1);
        assert.equal(expected?.tokens, line.tokens);
        assert.ok(
          relativeDifference(line.loss, expected.loss) <= EVALUATION_TOLERANCE,
          `loss ${line.loss}, PyTorch's ${expected.loss}`,
        );
      });
    });
  }
});
