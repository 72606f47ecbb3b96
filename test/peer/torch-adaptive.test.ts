/** The adaptive softmax with the weights of `torch.nn.AdaptiveLogSoftmaxWithLoss`: probabilities, loss and gradients. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layers, Model, type Tensor } from '../../src';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { askPython, requireKeptPython } from './kept-python';

const POSITIONS = 60;
const TOLERANCE = 1e-5;

const HEADS = [
  { features: 20, classes: 101, cutoffs: [10, 37], divisor: 4, bias: false },
  { features: 33, classes: 50, cutoffs: [7], divisor: 2, bias: true },
  { features: 30, classes: 1000, cutoffs: [31, 100, 317], divisor: 3, bias: false },
];

function make({ features, classes, ...options }: (typeof HEADS)[number]): Model {
  return Model.create({
    input: { kind: 'features', features },
    layers: [layers.adaptiveSoftmax(classes, { name: 'head', ...options })],
    initializer: { kind: 'normal', scale: 0.5 },
    seed: 4,
  });
}

function assertClose(actual: ArrayLike<number>, expected: Tensor | undefined, what: string): void {
  assert.equal(actual.length, expected?.data.length, what);
  for (let i = 0; i < actual.length; i++) {
    const [here, there] = [actual[i] as number, Number(expected?.data[i])];
    assert.ok(Math.abs(here - there) < TOLERANCE * Math.max(1, Math.abs(there)), `${what}[${i}]: ${here}, ${there}`);
  }
}

describe('torch.nn.AdaptiveLogSoftmaxWithLoss', function () {
  this.timeout(60_000);
  let folder = '';
  const at = (index: number, name: string) => join(folder, `${index}-${name}.safetensors`);

  function inputs({ features, classes }: (typeof HEADS)[number]) {
    const values = Float32Array.from({ length: POSITIONS * features }, (_, i) => Math.sin(i * 1.7));
    const ids = Int32Array.from({ length: POSITIONS }, (_, i) => Math.floor(classes * (i / POSITIONS) ** 2));
    return {
      x: { dtype: 'float32', shape: [POSITIONS, features], data: values } as Tensor<'float32'>,
      targets: { dtype: 'int32', shape: [POSITIONS], data: ids } as Tensor<'int32'>,
    };
  }

  before(async function () {
    await requireKeptPython(this, 'torch', 'numpy');
    folder = mkdtempSync(join(tmpdir(), 'unrolled-adaptive-'));
    const jobs: object[] = [];
    for (const [index, head] of HEADS.entries()) {
      using model = make(head);
      await model.save(at(index, 'weights'));
      const { x, targets } = inputs(head);
      await writeSafetensors(at(index, 'input'), new Map([['x', x]]), new Map());
      jobs.push({
        ...{ ...head, targets: [...targets.data] },
        ...{ load: at(index, 'weights'), input: at(index, 'input'), output: at(index, 'output') },
      });
    }
    writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
    await askPython('torch_adaptive.py', join(folder, 'jobs.json'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, head] of HEADS.entries()) {
    const bias = head.bias ? ', with a bias' : '';
    it(`gives the same with ${head.classes} classes cut at ${head.cutoffs.join(', ')}${bias}`, async () => {
      using model = make(head);
      const { x, targets } = inputs(head);
      const { tensors: expected } = await readSafetensors(at(index, 'output'));
      const features: Tensor<'float32'> = { ...x, shape: [POSITIONS, 1, head.features] };
      const { output } = await model.forward({ features });
      assertClose(output.data, expected.get('logProbabilities'), 'log-probabilities');
      const objective = { targets: { ...targets, shape: [POSITIONS, 1] }, reduction: 'mean' } as const;
      const { loss, parameters, input } = await model.gradients({ features }, objective);
      assertClose([loss ?? Number.NaN], expected.get('loss'), 'loss');
      assertClose(input?.data ?? [], expected.get('x'), 'x');
      for (const [name, { data }] of Object.entries(parameters)) assertClose(data, expected.get(name), name);
    });
  }
});
