/** Recurrent stacks in one and both directions, of one and several layers: from here to `torch.nn` and back. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Layer, layers, Model, type Tensor } from '../../src';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { askPython, requireKeptPython } from './kept-python';

const FEATURES = 5;
const HIDDEN = 7;
const LENGTHS = [6, 2, 9, 4];
const TIME = 9;
const TOLERANCE = 1e-5;

interface Stack {
  cell: 'rnn' | 'gru' | 'lstm';
  nonlinearity?: 'tanh' | 'relu';
  layers: number;
  bidirectional: boolean;
}

const STACKS: Stack[] = [
  { cell: 'rnn', nonlinearity: 'tanh' } as const,
  { cell: 'rnn', nonlinearity: 'relu' } as const,
  { cell: 'gru' } as const,
  { cell: 'lstm' } as const,
].flatMap((cell) =>
  [1, 3].flatMap((depth) => [false, true].map((bidirectional) => ({ ...cell, layers: depth, bidirectional }))),
);

function stackOf({ cell, nonlinearity, layers: depth, bidirectional }: Stack): Layer {
  const layer = layers[cell](HIDDEN, {
    name: 'rnn',
    layers: depth,
    ...(nonlinearity !== undefined && { activation: nonlinearity }),
  });
  return bidirectional ? layers.bidirectional(layer) : layer;
}

function make(stack: Stack): Model {
  return Model.create({ input: { kind: 'features', features: FEATURES }, layers: [stackOf(stack)], seed: 9 });
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  return Array.from(actual).reduce(
    (most, value, index) => Math.max(most, Math.abs(value - Number(expected[index]))),
    0,
  );
}

describe('torch.nn', function () {
  this.timeout(60_000);
  let folder = '';
  const at = (name: string) => join(folder, name);
  const x: Tensor<'float32'> = {
    dtype: 'float32',
    shape: [TIME, LENGTHS.length, FEATURES],
    data: Float32Array.from({ length: TIME * LENGTHS.length * FEATURES }, (_, index) => Math.sin(index * 1.7)),
  };

  /** Files of one stack: weights saved here and PyTorch's own, and what PyTorch gives with each. */
  const files = (index: number) => ({
    ours: at(`${index}-ours.safetensors`),
    theirs: at(`${index}-theirs.safetensors`),
    withOurs: at(`${index}-with-ours.safetensors`),
    withTheirs: at(`${index}-with-theirs.safetensors`),
  });

  before(async function () {
    await requireKeptPython(this, 'torch', 'numpy');
    folder = mkdtempSync(join(tmpdir(), 'unrolled-stack-'));
    await writeSafetensors(at('x.safetensors'), new Map([['x', x]]), new Map());
    const sizes = { features: FEATURES, hidden: HIDDEN, lengths: LENGTHS, input: at('x.safetensors') };
    const jobs: object[] = [];
    for (const [index, stack] of STACKS.entries()) {
      const { ours, theirs, withOurs, withTheirs } = files(index);
      using model = make(stack);
      await model.save(ours);
      jobs.push({ ...stack, ...sizes, load: ours, output: withOurs });
      jobs.push({ ...stack, ...sizes, save: theirs, output: withTheirs });
    }
    writeFileSync(at('jobs.json'), JSON.stringify(jobs));
    await askPython('torch_stack.py', at('jobs.json'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  /** Outputs at every step, and the final states in PyTorch's order: level by level, forward and then backward. */
  async function compare(stack: Stack, model: Model, file: string): Promise<void> {
    const { tensors: expected } = await readSafetensors(file);
    const { output, states } = await model.forward({ features: x, lengths: LENGTHS });
    const outputs = expected.get('output') as Tensor;
    assert.deepEqual(output.shape, outputs.shape);
    assert.ok(largestDifference(output.data, outputs.data) < TOLERANCE);
    for (const kind of stack.cell === 'lstm' ? ['h', 'c'] : ['h']) {
      const names = Array.from({ length: stack.layers }, (_, level) => `rnn.${kind}_l${level}`);
      const all = stack.bidirectional ? names.flatMap((name) => [name, `${name}_reverse`]) : names;
      const flat = all.flatMap((name) => Array.from(states[name]?.data ?? []));
      assert.ok(largestDifference(flat, (expected.get(kind) as Tensor).data) < TOLERANCE);
    }
  }

  for (const [index, stack] of STACKS.entries()) {
    const { cell, nonlinearity = '', layers: depth, bidirectional } = stack;
    const name = `${nonlinearity} ${cell} of ${depth} layers${bidirectional ? ' in both directions' : ''}`.trim();
    it(`gives the same outputs and states with weights saved here: ${name}`, async () => {
      using model = await Model.load(files(index).ours);
      await compare(stack, model, files(index).withOurs);
    });

    it(`gives the same with PyTorch's weights loaded here: ${name}`, async () => {
      using model = make(stack);
      await model.loadParameters(files(index).theirs);
      await compare(stack, model, files(index).withTheirs);
    });
  }
});
