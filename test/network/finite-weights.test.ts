/** Weights that are no finite numbers get into no model, and into no file. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  embeddingMatrix,
  type FitOptions,
  LanguageModel,
  layers,
  Model,
  type Parameters,
  SequenceClassifier,
  type Tensor,
  TextClassifier,
  TextVectorizer,
  tensor,
  WordList,
} from '../../src/index';
import { writeModelFile } from '../../src/network/model-file';
import { OPTIMIZER_KINDS } from '../../src/training/options/optimizers';
import { useFolder } from '../support/folder';
import { smallModel, train, weights } from '../support/models';

const NOT_FINITE = 'ERR_UNROLLED_MODEL_NOT_FINITE';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** A copy of parameters with one element changed. */
function changed(parameters: Parameters, name: string, index: number, value: number, dtype?: 'float64'): Parameters {
  const { shape, data } = parameters[name] as Tensor;
  const copy = dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data);
  copy[index] = value;
  return { ...parameters, [name]: { dtype: dtype ?? 'float32', shape, data: copy } as Parameters[string] };
}

describe('weights that are no finite numbers', () => {
  const at = useFolder();

  it('are not taken by setParameters, of which then nothing is', async () => {
    const vocabulary = new WordList(['a', 'b', 'c']);
    const vectorizer = await TextVectorizer.adapt(['a b']);
    const models = [
      smallModel().model,
      smallModel({ cell: 'gru' }).model,
      SequenceClassifier.create({ vocabulary, classes: 2, hidden: 3 }).model,
      TextClassifier.create({ vectorizer, classNames: ['a', 'b'], hidden: 3 }).model,
      Model.create({ input: { kind: 'features', features: 2 }, layers: [layers.dense(3), layers.dense(1)] }),
    ];
    for (const model of models) {
      const before = await model.parameters();
      const name = Object.keys(before).find((each) => each.endsWith('weight')) as string;
      const { shape } = before[name] as Tensor;
      for (const [value, shown, dtype] of [
        [nan, 'NaN', undefined],
        [-infinity, '-Infinity', undefined],
        // Finite as it is given, and not as the model has it.
        [1e300, '1e\\+300', 'float64'],
      ] as const) {
        const other = changed(before, name, (shape[1] as number) + 1, value, dtype);
        // Whatever comes before it in the list is not taken either.
        for (const each of Object.values(other)) if (each !== other[name]) each.data[0] = 5;
        await assert.rejects(model.setParameters(other), {
          code: NOT_FINITE,
          message: new RegExp(`^The parameter ${name.replaceAll('.', '\\.')}\\[1, 1\\] is ${shown}, which is not a`),
        });
      }
      const after = await model.parameters();
      for (const [each, { data }] of Object.entries(after)) {
        assert.ok(data.every(Number.isFinite));
        if (each !== name) assert.ok(data[0] !== 5);
      }
      model.dispose();
    }
    using wide = smallModel({ dtype: 'float64' });
    const parameters = await wide.parameters();
    await wide.model.setParameters(changed(parameters, 'head.bias', 0, 1e300, 'float64'));
    await assert.rejects(wide.model.setParameters(changed(parameters, 'head.bias', 0, nan, 'float64')), {
      code: NOT_FINITE,
      message: /head\.bias\[0\] is NaN, which is not a finite number as float64/,
    });
  });

  it('are not what a model is made with', async () => {
    const table = tensor.zeros([3, 2]);
    table.data[3] = nan;
    const message = /^weights of embedding\.weight\[1, 1\] is NaN, which is not a finite number as float32\.$/;
    const embedding = layers.embedding(2, { weights: table });
    assert.throws(() => Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: [embedding] }), {
      code: NOT_FINITE,
      message,
    });
    const vectorizer = await TextVectorizer.adapt(['a']);
    const options = { vectorizer, classNames: ['a', 'b'], embedding: 2, embeddingWeights: table };
    assert.equal(vectorizer.size, 3);
    assert.throws(() => TextClassifier.create(options), { code: NOT_FINITE, message });

    const vectors = new Map([
      ['a', Float32Array.of(1, 2)],
      ['b', Float32Array.of(1, infinity)],
    ]);
    assert.throws(() => embeddingMatrix(['a', 'b'], { dimensions: 2, vectors }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      message: /^vectors must have finite numbers as float32, and that of "b" has Infinity\.$/,
    });
    assert.equal(embeddingMatrix(['a'], { dimensions: 2, vectors }).data[1], 2);
    for (const kind of ['constant', 'normal', 'uniform', 'orthogonal'] as const) {
      assert.throws(() => smallModel({ initializer: { kind, scale: 1e38 } }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'initializer.scale',
      });
      using model = smallModel({ initializer: { kind, scale: 1e30 } });
      assert.ok((await weights(model)).every(Number.isFinite), kind);
    }
  });

  it('are not written over a good file', async () => {
    using model = smallModel();
    await model.save(at('m'));
    const good = readFileSync(at('m'));
    const parameters = async () => changed(await model.parameters(), 'head.weight', 17, nan);
    const { description, dtype, parameterShapes, header, metadata, frozen } = model.model;
    const spoilt = { description, dtype, parameterShapes, metadata, frozen, parameters } as unknown as Model;
    await assert.rejects(writeModelFile(at('m'), spoilt, header), {
      code: NOT_FINITE,
      message: /m was not written: head\.weight\[1, 1\] is NaN, which is not a finite number as float32\./,
    });
    assert.ok(readFileSync(at('m')).equals(good));
  });

  it('come from no step, be it the last one of a run', async () => {
    for (const optimizer of OPTIMIZER_KINDS) {
      let refused = 0;
      for (const options of [
        { learningRate: 1e37 },
        { learningRate: 1e30, weightDecay: 1e5 },
        { learningRate: 1, weightDecay: 1e6 },
        { learningRate: 1e-3, weightDecay: 1e36 },
      ] satisfies FitOptions[]) {
        for (const steps of [1, 2, 12]) {
          using model = smallModel();
          await train(model, { optimizer, ...options, steps }).catch(({ code }) => {
            assert.equal(code, 'ERR_UNROLLED_NON_FINITE_LOSS');
            refused++;
          });
          const what = `${optimizer} ${JSON.stringify(options)} ${steps}`;
          assert.ok((await weights(model)).every(Number.isFinite), what);
          await model.save(at('m'));
          using loaded = await LanguageModel.load(at('m'));
          assert.deepEqual(await weights(loaded), await weights(model), what);
        }
      }
      assert.ok(refused > 0, `${optimizer}: no step came to weights that are not finite`);
    }
  });
});
