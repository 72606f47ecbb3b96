/** Arrays of numbers that a native call needs: each that is left out, or is of another type, is refused by its name. */

import assert from 'node:assert/strict';
import { layers, Model } from '../../src/index';
import { addon } from '../../src/native/load';
import type { NativeModel } from '../../src/native/native';

const { embedding, gru, dense } = layers;

const never = () => new (addon().Cancellation)();

describe('a native call without an array that it needs', () => {
  const ofVectors = Model.create({
    input: { kind: 'features', features: 2 },
    layers: [gru(3), dense(2)],
  });
  const ofIds = Model.create({
    input: { kind: 'ids', vocabulary: 5 },
    layers: [embedding(2), gru(3), dense(5)],
    dtype: 'float64',
  });

  after(() => {
    ofVectors.dispose();
    ofIds.dispose();
  });

  /** Arguments of a call, of which the array `name` is of the type that is needed unless it is left out. */
  type Call = (array: unknown) => unknown;

  const offsets = Int32Array.of(0, 2);
  const examples = (model: NativeModel, sequences: object, targets: object) =>
    model.evaluateExamples(
      {
        source: { kind: 'tagged', sequences, targets, batch: 1, shuffle: false, bucketing: 0 } as never,
        threads: 1,
      },
      never(),
    );
  const step = (from: object) =>
    ofIds.native.beamStep(
      {
        ...{ ids: Int32Array.of(1), beams: 1, length: 3, lengthPenalty: 0, excluded: new Int32Array(0), end: -1 },
        ...{ leastLength: 0, threads: 1 },
        from: {
          ...{ ids: Int32Array.of(2), offsets: Int32Array.of(0, 1), ended: 0 },
          ...{ logProbabilities: Float64Array.of(-1), biases: Float64Array.of(0), state: new Float64Array(3) },
          ...from,
        } as never,
      },
      never(),
    );
  const input = { time: 1, batch: 1, features: Float32Array.of(1, 2) };

  const calls: Record<string, { call: Call; array: Float32Array | Float64Array; name?: string }> = {
    values: {
      call: (array) => ofVectors.native.write(array as never),
      array: new Float32Array(ofVectors.native.parameterCount),
    },
    'values of one parameter': {
      name: 'values',
      call: (array) => ofIds.native.writeParameter('dense.bias', array as never),
      array: new Float64Array(5),
    },
    features: {
      call: (array) => ofVectors.native.forward({ ...input, features: array } as never, 1),
      array: Float32Array.of(1, 2),
    },
    'sequences.features': {
      call: (array) =>
        ofVectors.native.predict(
          { features: array as never, offsets },
          { batch: 1, output: 'raw', threads: 1 },
          never(),
        ),
      array: new Float32Array(4),
    },
    'values of an objective': {
      name: 'values',
      call: (array) =>
        ofVectors.native.gradients(input, { loss: 'squaredError', values: array, reduction: 'sum' } as never, 1),
      array: new Float32Array(2),
    },
    'targets.values': {
      call: (array) =>
        examples(ofVectors.native, { features: new Float32Array(4), offsets }, { loss: 'squaredError', values: array }),
      array: new Float32Array(4),
    },
    'from.logProbabilities': {
      call: (array) => step({ logProbabilities: array }),
      array: Float64Array.of(-1),
    },
    'from.biases': { call: (array) => step({ biases: array }), array: Float64Array.of(0) },
    'from.state': { call: (array) => step({ state: array }), array: new Float64Array(3) },
  };

  for (const [what, { call, array, name = what }] of Object.entries(calls)) {
    it(`is refused: ${what}`, async () => {
      const refused = { code: 'ERR_UNROLLED_OPTION_TYPE', option: name };
      const other = array instanceof Float32Array ? Float64Array.from(array) : Float32Array.from(array);
      await assert.doesNotReject(async () => call(array));
      for (const value of [undefined, null, [...array], other]) {
        await assert.rejects(async () => call(value), refused, String(value));
      }
    });
  }
});
