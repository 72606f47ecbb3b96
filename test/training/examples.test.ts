/** Data of every shape, checked and laid out for the native side. */

import assert from 'node:assert/strict';
import { pickExamples, toExamples } from '../../src/data/examples';
import { type ModelDescription, type TrainingData, tensor } from '../../src/index';

type Layers = ModelDescription['layers'];

const RNN: Layers[number] = { type: 'rnn', name: 'rnn', features: 4, layers: 1 };
const ONE_HOT: Layers[number] = { type: 'oneHot', name: 'one-hot' };
const LAST: Layers[number] = { type: 'pooling', name: 'pooling', pooling: 'last' };
const IDS = { kind: 'ids', vocabulary: 5 } as const;
const VECTORS = { kind: 'features', features: 2 } as const;

function dense(features: number): Layers[number] {
  return { type: 'dense', name: 'dense', features };
}

function described(description: ModelDescription) {
  return { description, dtype: 'float64' as const };
}

/** What reads the input before the recurrent layer. */
const reading = ({ kind }: ModelDescription['input']): Layers => (kind === 'ids' ? [ONE_HOT] : []);

/** Many-to-one, many-to-many, and an encoder–decoder, of so many outputs. */
const onceOf = (outputs: number, input: ModelDescription['input'] = IDS) =>
  described({ input, layers: [...reading(input), RNN, LAST, dense(outputs)] });
const everyOf = (outputs: number, input: ModelDescription['input'] = IDS) =>
  described({ input, layers: [...reading(input), RNN, dense(outputs)] });
const translator = described({
  input: IDS,
  source: VECTORS,
  layers: [
    { ...RNN, name: 'encoder', from: 'source' },
    { ...ONE_HOT, from: 'input' },
    { ...RNN, initialState: 'encoder' },
    dense(5),
  ],
});

const INPUTS = [[1, 2, 3], Int32Array.of(4), [0, 0]];
const SEQUENCES = { ids: Int32Array.of(1, 2, 3, 4, 0, 0), offsets: Int32Array.of(0, 3, 4, 6) };

describe('data to train on', () => {
  it('are labelled where a model has one output a sequence', async () => {
    assert.deepEqual(await toExamples(onceOf(3), { inputs: INPUTS, labels: [0, 2, 1] }), {
      kind: 'labelled',
      sequences: SEQUENCES,
      targets: { loss: 'crossEntropy', ids: Int32Array.of(0, 2, 1) },
    });
  });

  it('may be joined in one array', async () => {
    const data = { inputs: SEQUENCES, labels: [0, 2, 1] };
    assert.deepEqual(await toExamples(onceOf(3), data), await toExamples(onceOf(3), { ...data, inputs: INPUTS }));
  });

  it('have labels of 0 and 1 where a model has one output', async () => {
    const { targets } = await toExamples(onceOf(1), { inputs: INPUTS, labels: [0, 1, 1] });
    assert.deepEqual(targets, { loss: 'binaryCrossEntropy', values: Float64Array.of(0, 1, 1) });
  });

  it('are tagged where it has one at every step', async () => {
    assert.deepEqual(await toExamples(everyOf(3), { inputs: INPUTS, tags: [[2, 1, 0], [1], Uint8Array.of(2, 2)] }), {
      kind: 'tagged',
      sequences: SEQUENCES,
      targets: { loss: 'crossEntropy', ids: Int32Array.of(2, 1, 0, 1, 2, 2) },
    });
  });

  it('have values, one a sequence or one at every position', async () => {
    const two = onceOf(2);
    const perSequence = await toExamples(two, {
      inputs: INPUTS,
      values: tensor.from([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    });
    assert.equal(perSequence.kind, 'labelled');
    assert.deepEqual(perSequence.targets, { loss: 'squaredError', values: Float64Array.of(1, 2, 3, 4, 5, 6) });
    const one = await toExamples(onceOf(1), { inputs: INPUTS, values: [0.5, 1.5, 2.5] });
    assert.deepEqual(one.targets.values, Float64Array.of(0.5, 1.5, 2.5));
    const listed = await toExamples(everyOf(2), {
      inputs: [[1], [2, 3]],
      values: [
        tensor.from([[1, 2]]),
        tensor.from([
          [3, 4],
          [5, 6],
        ]),
      ],
    });
    assert.equal(listed.kind, 'tagged');
    assert.deepEqual(listed.targets.values, Float64Array.of(1, 2, 3, 4, 5, 6));
    const whole = await toExamples(everyOf(2), {
      inputs: [[1, 2]],
      values: tensor.from([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    });
    assert.deepEqual(whole.targets.values, Float64Array.of(1, 2, 3, 4));
    const flat = await toExamples(everyOf(1), {
      inputs: [
        [1, 2],
        [3, 4],
      ],
      values: tensor.from([
        [1, 2],
        [3, 4],
      ]),
    });
    assert.equal(flat.kind, 'tagged');
    assert.deepEqual(flat.targets.values, Float64Array.of(1, 2, 3, 4));
  });

  it('may be vectors, of single steps too (one-to-one)', async () => {
    const inputs = tensor.from([
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(await toExamples(everyOf(1, VECTORS), { inputs, values: [5, 6] }), {
      kind: 'tagged',
      sequences: { features: Float64Array.of(1, 2, 3, 4), offsets: Int32Array.of(0, 1, 2) },
      targets: { loss: 'squaredError', values: Float64Array.of(5, 6) },
    });
    const long = await toExamples(onceOf(3, VECTORS), {
      inputs: tensor.from([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
      labels: [2],
    });
    assert.deepEqual(long.kind === 'labelled' && [...long.sequences.offsets], [0, 2]);
    const listed = await toExamples(onceOf(3, VECTORS), {
      inputs: [
        tensor.from([
          [1, 2],
          [3, 4],
        ]),
      ],
      labels: [2],
    });
    assert.deepEqual(listed, long);
  });

  it('are fed to a decoder with teacher forcing', async () => {
    const sources = [
      tensor.from([[1, 2]]),
      tensor.from([
        [1, 2],
        [3, 4],
      ]),
      tensor.from([[0, 0]]),
    ];
    const examples = await toExamples(translator, {
      sources,
      targets: [[2, 3], [], Int32Array.of(4)],
      start: 0,
      end: 1,
    });
    assert.deepEqual(examples, {
      kind: 'paired',
      source: { features: Float64Array.of(1, 2, 1, 2, 3, 4, 0, 0), offsets: Int32Array.of(0, 1, 3, 4) },
      inputs: { ids: Int32Array.of(0, 2, 3, 0, 0, 4), offsets: Int32Array.of(0, 3, 4, 6) },
      targets: { loss: 'crossEntropy', ids: Int32Array.of(2, 3, 1, 1, 4, 1) },
    });
    const guided = await toExamples(translator, { sources, inputs: [[0], [0], [0]], tags: [[1], [2], [3]] });
    assert.deepEqual(guided.targets.ids, Int32Array.of(1, 2, 3));
  });

  it('can be picked from by number, with their targets', async () => {
    const tagged = await toExamples(everyOf(3), { inputs: INPUTS, tags: [[2, 1, 0], [1], [2, 2]] });
    assert.deepEqual(await pickExamples(tagged, [2, 0]), {
      kind: 'tagged',
      sequences: { ids: Int32Array.of(0, 0, 1, 2, 3), offsets: Int32Array.of(0, 2, 5) },
      targets: { loss: 'crossEntropy', ids: Int32Array.of(2, 2, 2, 1, 0) },
    });
    const valued = await toExamples(onceOf(2), {
      inputs: INPUTS,
      values: tensor.from([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    });
    assert.deepEqual((await pickExamples(valued, [1])).targets.values, Float64Array.of(3, 4));
    const sources = [
      tensor.from([[1, 2]]),
      tensor.from([
        [1, 2],
        [3, 4],
      ]),
    ];
    const paired = await toExamples(translator, { sources, targets: [[2, 3], [4]], start: 0, end: 1 });
    assert.deepEqual(await pickExamples(paired, [1]), {
      kind: 'paired',
      source: { features: Float64Array.of(1, 2, 3, 4), offsets: Int32Array.of(0, 2) },
      inputs: { ids: Int32Array.of(0, 4), offsets: Int32Array.of(0, 2) },
      targets: { loss: 'crossEntropy', ids: Int32Array.of(4, 1) },
    });
  });

  it('are refused where they cannot be, by the place in them', async () => {
    const type = 'ERR_UNROLLED_OPTION_TYPE';
    const range = 'ERR_UNROLLED_OPTION_RANGE';
    const shape = 'ERR_UNROLLED_SHAPE';
    const empty = 'ERR_UNROLLED_CORPUS_EMPTY';
    const mismatch = 'ERR_UNROLLED_MODEL_MISMATCH';
    const labels = [0, 1, 2];
    const pairs = { sources: [tensor.from([[1, 2]])], targets: [[1]], start: 0, end: 1 };
    for (const [model, data, code, option] of [
      [onceOf(3), undefined, type, 'data'],
      [onceOf(3), [], type, 'data'],
      [onceOf(3), { inputs: INPUTS, label: labels }, 'ERR_UNROLLED_UNKNOWN_OPTION', 'label'],
      [onceOf(3), { labels }, type, 'inputs'],
      [onceOf(3), { inputs: INPUTS }, type, 'labels'],
      [onceOf(3), { inputs: 'abc', labels }, type, 'inputs'],
      [onceOf(3), { inputs: ['abc'], labels: [0] }, type, 'inputs[0]'],
      [onceOf(3), { inputs: [], labels: [] }, empty, 'inputs'],
      [onceOf(3), { inputs: [[1], []], labels: [0, 1] }, empty, 'inputs[1]'],
      [onceOf(3), { inputs: [[1], [2, 5]], labels: [0, 1] }, range, 'inputs[1][1]'],
      [onceOf(3), { inputs: [[1], [2, -1]], labels: [0, 1] }, range, 'inputs[1][1]'],
      [onceOf(3), { inputs: [[1.5]], labels: [0] }, range, 'inputs[0][0]'],
      [onceOf(3), { inputs: [[Number.NaN]], labels: [0] }, range, 'inputs[0][0]'],
      [onceOf(3), { inputs: [['a']], labels: [0] }, type, 'inputs[0][0]'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: [0, 6] }, labels: [0] }, type, 'inputs.offsets'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: Int32Array.of(0, 7) }, labels: [0] }, range, 'inputs.offsets[1]'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: Int32Array.of(0, 4, 3, 6) }, labels }, range, 'inputs.offsets[2]'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: Int32Array.of(1, 6) }, labels: [0] }, range, 'inputs.offsets'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: Int32Array.of() }, labels: [] }, range, 'inputs.offsets'],
      [onceOf(3), { inputs: { ...SEQUENCES, offsets: Int32Array.of(0, 3, 3, 6) }, labels }, empty, 'inputs[1]'],
      [
        onceOf(3),
        { inputs: { ids: Int32Array.of(9), offsets: Int32Array.of(0, 1) }, labels: [0] },
        range,
        'inputs.ids[0]',
      ],
      [onceOf(3), { inputs: INPUTS, labels: [0, 1] }, shape, 'labels'],
      [onceOf(3), { inputs: INPUTS, labels: [0, 1, 3] }, range, 'labels[2]'],
      [onceOf(1), { inputs: INPUTS, labels: [0, 1, 2] }, range, 'labels[2]'],
      [onceOf(3), { inputs: INPUTS, labels: 5 }, type, 'labels'],
      [onceOf(3), { inputs: INPUTS, labels, loss: 'squaredError' }, range, 'loss'],
      [onceOf(3), { inputs: INPUTS, labels, loss: 'binaryCrossEntropy' }, range, 'loss'],
      [onceOf(3), { inputs: INPUTS, labels, tags: [] }, range, 'tags'],
      [onceOf(3), { inputs: INPUTS, tags: [[0, 0, 0], [0], [0, 0]] }, mismatch, 'tags'],
      [everyOf(3), { inputs: INPUTS, labels }, mismatch, 'labels'],
      [
        everyOf(3),
        {
          inputs: INPUTS,
          tags: [
            [0, 0, 0],
            [0, 0],
            [0, 0],
          ],
        },
        shape,
        'tags[1]',
      ],
      [everyOf(3), { inputs: INPUTS, tags: [[0, 0, 0], [3], [0, 0]] }, range, 'tags[1][0]'],
      [everyOf(3), { inputs: INPUTS, tags: [[0, 0, 0], [0], [0, 3]] }, range, 'tags[2][1]'],
      [onceOf(2), { inputs: INPUTS, values: tensor.from([[1, 2]]) }, shape, 'values'],
      [onceOf(2), { inputs: INPUTS, values: 'abc' }, type, 'values'],
      [onceOf(1), { inputs: INPUTS, values: [1, 2, Number.NaN] }, range, 'values[2]'],
      [onceOf(1), { inputs: INPUTS, values: [1, 2, 3], loss: 'binaryCrossEntropy' }, range, 'values[1]'],
      [onceOf(1), { inputs: INPUTS, values: [1, 2, 3], loss: 'crossEntropy' }, range, 'loss'],
      [everyOf(2), { inputs: INPUTS, values: tensor.zeros([3, 3, 2]) }, type, 'values'],
      [everyOf(2), { inputs: INPUTS, values: [tensor.zeros([3, 2])] }, shape, 'values'],
      [onceOf(3, VECTORS), { inputs: tensor.zeros([2, 3]), labels: [0, 1] }, shape, 'inputs'],
      [onceOf(3, VECTORS), { inputs: [[1, 2, 3]], labels: [0] }, shape, 'inputs'],
      [onceOf(3, VECTORS), { inputs: tensor.from([[1, Number.NaN]]), labels: [0] }, range, 'inputs[1]'],
      [onceOf(3), { ...pairs }, range, 'sources'],
      [translator, { inputs: INPUTS, tags: [[0, 0, 0], [0], [0, 0]] }, type, 'sources'],
      [translator, { ...pairs, targets: [[5]] }, range, 'targets[0][0]'],
      [translator, { ...pairs, targets: [[1], [2]] }, shape, 'targets'],
      [translator, { ...pairs, start: 5 }, range, 'start'],
      [translator, { ...pairs, end: undefined }, type, 'end'],
    ] as const) {
      const name = `${option}: ${JSON.stringify(data)}`;
      await assert.rejects(toExamples(model, data as unknown as TrainingData), { code, option }, name);
    }
  });
});
