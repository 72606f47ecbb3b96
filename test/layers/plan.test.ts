/** What the core says of a model before there is one. */

import assert from 'node:assert/strict';
import { type LayerDescription, layers, Model, type ModelOptions } from '../../src/index';
import { parameterShapes, planOf } from '../../src/layers/plan';
import { addon } from '../../src/native/load';
import type { ModelDescription } from '../../src/native/native';
import { requireModelMemory } from '../../src/network/network-memory';

const ENCODER_DECODER: ModelOptions = {
  input: { kind: 'ids', vocabulary: 9 },
  source: { kind: 'features', features: 5 },
  layers: [
    layers.gru(6, { name: 'encoder', from: 'source' }),
    layers.embedding(4, { name: 'embedding', from: 'input' }),
    layers.gru(6, { name: 'decoder', initialState: 'encoder' }),
    layers.attention(['decoder', 'encoder'], { name: 'attention' }),
    layers.dense(9, { name: 'head' }),
  ],
};

/** A language model's head of as many classes as there may be. */
const LARGEST: ModelDescription = {
  input: { kind: 'ids', vocabulary: 2 ** 31 - 1 },
  layers: [
    { type: 'embedding', name: 'embedding', features: 2 ** 24 },
    { type: 'lstm', name: 'rnn', features: 2 ** 24, layers: 1024 },
    { type: 'dense', name: 'head', features: 2 ** 31 - 1, samples: 2 ** 31 - 1 },
  ],
};

function advice(description: ModelDescription): string[] {
  try {
    requireModelMemory(description, 'float32', ({ name }, size) => `${name}.${size}`);
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'ERR_UNROLLED_OUT_OF_MEMORY');
    return [...(error as { mentions: string[] }).mentions];
  }
  return assert.fail('It fits.');
}

describe('the plan of a description', () => {
  it('has the names, shapes and states of the model in both element types', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      using model = Model.create({ ...ENCODER_DECODER, dtype });
      const plan = planOf(model.description);
      assert.deepEqual(Object.entries(parameterShapes(model.description)), Object.entries(model.parameterShapes));
      assert.deepEqual(
        plan.layers.flatMap(({ states }) => states.map(({ name, features }) => [name, features])),
        Object.entries(model.stateSizes),
      );
      const attention = plan.layers[3];
      const { parameters, ...rest } = attention as NonNullable<typeof attention>;
      assert.deepEqual(parameters, [{ name: 'attention.weight', shape: [6, 6] }]);
      assert.deepEqual(rest, {
        ...{ name: 'attention', from: ['decoder', 'encoder'], inputs: [6, 6], features: 12 },
        ...{ once: false, ofSource: false, states: [] },
      });
      assert.deepEqual(
        plan.layers.map(({ ofSource }) => ofSource),
        [true, false, false, false, false],
      );
      assert.deepEqual([plan.features, plan.once], [9, false]);
      assert.equal(planOf(model.description), plan);
    }
  });

  it('is refused as the model is where there can be none', () => {
    const input = { kind: 'features', features: 3 } as const;
    const impossible: [layers: LayerDescription[], option: string][] = [
      [[{ type: 'dense', name: 'head', features: 3, from: 'nothing' }], 'layers[0].from'],
      [[{ type: 'embedding', name: 'embedding', features: 3 }], 'layers[0]'],
      [[{ type: 'adaptiveSoftmax', name: 'head', features: 5, cutoffs: [5] }], 'layers[0].cutoffs'],
      [[{ type: 'dense', name: 'head', features: 5, tiedTo: 'embedding' }], 'layers[0].tiedTo'],
    ];
    for (const [described, option] of impossible) {
      const description: ModelDescription = { input, layers: described };
      const errors = [() => addon().plan(description), () => new (addon().ModelFloat32)(description)].map((make) => {
        try {
          make();
        } catch (error) {
          return error as Error & { code: string; option: string };
        }
        return assert.fail(`${option} is taken`);
      });
      assert.equal(errors[0]?.code, 'ERR_UNROLLED_OPTION_RANGE');
      assert.equal(errors[0]?.option, option);
      assert.equal(errors[0]?.message, errors[1]?.message);
      assert.throws(() => Model.create(description), { message: errors[1]?.message });
    }
  });

  it('takes neither memory nor time by the sizes', () => {
    const [before, start] = [process.memoryUsage.rss(), performance.now()];
    const plan = planOf(LARGEST);
    assert.deepEqual(plan.layers[2]?.parameters[0], { name: 'head.weight', shape: [2 ** 31 - 1, 2 ** 24] });
    assert.equal(plan.layers[1]?.states.length, 2048);
    assert.ok(process.memoryUsage.rss() - before < 2 ** 27, `${process.memoryUsage.rss() - before} bytes`);
    assert.ok(performance.now() - start < 5000);
  });

  it('reads no ranks of classes, which only a model is made of', () => {
    const head = { type: 'adaptiveSoftmax', name: 'head', features: 5, cutoffs: [2] } as const;
    const input = { kind: 'features', features: 3 } as const;
    const unread = new Proxy<number[]>([], {
      get: () => assert.fail('They are read.'),
    });
    assert.deepEqual(planOf({ input, layers: [{ ...head, ranks: unread }] }), planOf({ input, layers: [head] }));
    assert.throws(() => Model.create({ input, layers: [{ ...head, ranks: [0, 1, 2, 3, 3] }] }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'layers[0].ranks',
    });
  });

  it('tells which sizes would fit, with what must follow them', () => {
    assert.deepEqual(advice(LARGEST), ['rnn.features']);
    const wide = (features: number, more: Partial<LayerDescription>): ModelDescription => ({
      input: { kind: 'ids', vocabulary: 1000 },
      layers: [
        { type: 'embedding', name: 'embedding', features },
        { type: 'rnn', name: 'rnn', features, layers: 1 },
        { type: 'dense', name: 'head', features: 1000, ...more } as LayerDescription,
      ],
    });
    // The table of a tied embedding is as wide as what the head reads.
    assert.deepEqual(advice(wide(2 ** 24, { tiedTo: 'embedding' })), ['embedding.features', 'rnn.features']);
    assert.deepEqual(advice(wide(2 ** 24, {})), ['rnn.features']);
    // Of a thousand layers the largest are tried.
    const deep = Array.from({ length: 1000 }, (_, i) => ({ type: 'dense', name: `d${i}`, features: 2 ** 12 }) as const);
    const widest = { type: 'dense', name: 'widest', features: 2 ** 30 } as const;
    const layers = [...deep, widest, { type: 'dense', name: 'head', features: 2 } as const];
    assert.ok(advice({ input: { kind: 'features', features: 3 }, layers }).includes('widest.features'));
    const adaptive: ModelDescription = {
      input: { kind: 'features', features: 2 ** 16 },
      layers: [{ type: 'adaptiveSoftmax', name: 'head', features: 2 ** 31 - 1, cutoffs: [1000, 10_000] }],
    };
    assert.deepEqual(advice(adaptive), ['head.features']);
  });
});
