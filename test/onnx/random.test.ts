/** Models that nobody thought of: layers, options and names drawn at random from what the core declares of them. */

import assert from 'node:assert/strict';
import type { Random } from '../../src/base/random';
import { type Layer, Model, type ModelOptions, UnrolledError } from '../../src/index';
import { layerTypes } from '../../src/layers/schema';
import type { InputDescription, NativeLayerType, NativeOption } from '../../src/native/native';
import { LEAVING } from '../../src/onnx/layers';
import { FORMS, LAYOUTS } from '../../src/onnx/options';
import { useFolder } from '../support/folder';
import { type Expected, expectedRun, numbers, ranInPython, requireAllSame, requireOnnxruntime } from './runs';

/** Models to compare, and descriptions to draw at most: many fit nothing. */
const WANTED = 150;
const DRAWN = 60_000;

const NAMES = ['a', 'b', 'c', 'd', 'e'];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random.uniform() * list.length)] as T;
}

/** Sizes that layers have in common now and then. */
const size = (random: Random) => pick(random, [3, 4, 4, 4, 6, 7]);

function drawValue(random: Random, option: NativeOption, before: readonly string[]): unknown {
  switch (option.kind) {
    case 'integer':
      return option.name === 'layers' ? pick(random, [1, 1, 2, 3]) : size(random);
    case 'number':
      // Small ones would have a normalisation amplify what 32 bits leave out.
      return option.name === 'epsilon' ? pick(random, [0.01, 0.1]) : pick(random, [0, 0.3, 4]);
    case 'flag':
      return random.uniform() < 0.5;
    case 'choice':
      return pick(random, option.choices);
    case 'layer':
      return pick(random, before.length > 0 ? before : NAMES);
    case 'integers':
      return option.name === 'ranks' ? [6, 0, 5, 1, 4, 2, 3] : [2, 4];
  }
}

function layerOf(random: Random, { type, reads, options }: NativeLayerType, name: string, before: string[]): Layer {
  const values = options
    .filter(({ needed, name: option }) => needed || random.uniform() < (option === 'layerNorm' ? 0.15 : 0.35))
    .map((option) => [option.name, drawValue(random, option, before)]);
  const several = reads === 'pair' || reads === 'several';
  const known = [...before, 'input', 'source'];
  const from = several
    ? [pick(random, known), pick(random, known)]
    : random.uniform() < 0.3
      ? pick(random, known)
      : undefined;
  return { type, name, ...Object.fromEntries(values), ...(from !== undefined && { from }) } as unknown as Layer;
}

function inputOf(random: Random): InputDescription {
  return random.uniform() < 0.5 ? { kind: 'ids', vocabulary: 7 } : { kind: 'features', features: size(random) };
}

function optionsOf(random: Random, types: readonly NativeLayerType[]): ModelOptions {
  const layers: Layer[] = [];
  const count = 2 + Math.floor(random.uniform() * (NAMES.length - 1));
  for (const name of NAMES.slice(0, count)) {
    layers.push(
      layerOf(
        random,
        pick(random, types),
        name,
        layers.map((layer) => layer.name as string),
      ),
    );
  }
  const source = random.uniform() < 0.3 ? { source: inputOf(random) } : {};
  const initializer = { kind: 'normal', scale: 0.3 } as const;
  return { input: inputOf(random), ...source, layers, initializer, seed: Math.floor(random.uniform() * 1000) };
}

/** A model of a description, where that is possible. */
function modelOf(options: ModelOptions): Model | undefined {
  try {
    return Model.create(options);
  } catch (error) {
    if (error instanceof UnrolledError && error.code === 'ERR_UNROLLED_OPTION_RANGE') return undefined;
    throw error;
  }
}

describe('random models in onnxruntime', function () {
  this.timeout(240_000);
  before(function () {
    return requireOnnxruntime(this);
  });
  const at = useFolder({ inMemory: true });

  it(`give what they give here: ${WANTED} of them, in forms drawn at random`, async () => {
    const random = numbers('random models');
    const types = [...layerTypes().values()].filter(({ type }) => LEAVING.includes(type));
    const runs: Expected[] = [];
    const tried = new Set<string>();
    for (let drawn = 0; drawn < DRAWN && runs.length < WANTED; drawn++) {
      const options = optionsOf(random, types);
      using model = modelOf(options);
      if (model === undefined) continue;
      const form = pick(random, FORMS);
      const layout = form === 'step' ? undefined : pick(random, LAYOUTS);
      const title = `${form} ${JSON.stringify(options)}`;
      try {
        runs.push(await expectedRun(title, model, at(`${runs.length}.onnx`), { form, layout }));
      } catch (error) {
        // Some have no such form.
        if (form === 'step' && error instanceof UnrolledError && error.code === 'ERR_UNROLLED_EXPORT') continue;
        throw error;
      }
      for (const { type } of options.layers) tried.add(type);
    }
    assert.equal(runs.length, WANTED);
    assert.deepEqual([...tried].sort(), types.map(({ type }) => type).sort());
    requireAllSame(await ranInPython(runs, at()), runs);
  });
});
