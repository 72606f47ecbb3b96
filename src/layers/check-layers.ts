/** Layers as people give them, checked, named and split into what is computed and how it is set up. */

import * as check from '../base/check';
import { MAX_SIZE, MAX_WIDTH } from '../base/resource-limits';
import type {
  InitializerDescription,
  InitializerKind,
  InputDescription,
  LayerDescription,
  ModelDescription,
} from '../native/native';
import { tensorIfNested } from '../tensor/nested-numbers';
import type { FloatTensor } from '../tensor/types';
import type { Layer } from './layer-functions';
import { planOf } from './plan';
import { checkValues, layerTypeOf, layerTypes } from './schema';

const EXTRAS = ['initializer', 'frozen', 'weights'] as const;

const INITIALIZERS: readonly InitializerKind[] = [
  'default',
  'normal',
  'uniform',
  'constant',
  'identity',
  'orthogonal',
  'xavier-uniform',
  'xavier-normal',
  'kaiming-uniform',
  'kaiming-normal',
];

function checkInput(option: string, input: InputDescription): InputDescription {
  const kind = check.oneOf(`${option}.kind`, input?.kind, ['ids', 'features']);
  const size = kind === 'ids' ? 'vocabulary' : 'features';
  const given = check.options(option, input as unknown as Record<string, unknown>, ['kind', size]);
  check.integer(`${option}.${size}`, given[size], { min: 1, max: kind === 'ids' ? MAX_SIZE : MAX_WIDTH });
  return input;
}

function checkLayer(layer: Layer, option: string): void {
  const type = check.oneOf(`${option}.type`, layer?.type, [...layerTypes().keys()]);
  const declared = layerTypeOf({ type });
  const known = ['type', 'name', 'from', 'initializer', 'frozen', ...declared.options.map(({ name }) => name)];
  if (type === 'embedding') known.push('weights');
  const given = check.options(option, layer as unknown as Record<string, unknown>, known);
  const { name, from = [] } = layer;
  if (name !== undefined) check.nonEmptyString(`${option}.name`, name);
  for (const name of [from].flat()) check.nonEmptyString(`${option}.from`, name);
  checkValues(option, declared, given);
}

/** The name of a layer that was given none. */
function defaultName(type: LayerDescription['type'], taken: ReadonlySet<string>): string {
  const name = layerTypeOf({ type }).gates === undefined ? type : 'rnn';
  if (!taken.has(name)) return name;
  for (let number = 1; ; number++) {
    if (!taken.has(`${name}_${number}`)) return `${name}_${number}`;
  }
}

/** Range of an initializer: its values are still finite as 32-bit floats. */
const MAX_SCALE = 1e30;

/** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE. */
export function resolveInitializer(option: string, initializer: InitializerDescription | undefined) {
  if (initializer === undefined) return { kind: 'default' } as const;
  const kind = check.oneOf(`${option}.kind`, initializer?.kind, INITIALIZERS);
  if (kind === 'default') return { kind };
  const { scale = 1 } = initializer as { scale?: unknown };
  const range = { min: kind === 'constant' || kind === 'identity' ? -MAX_SCALE : 0, max: MAX_SCALE };
  return { kind, scale: check.number(`${option}.scale`, scale, range) };
}

/** The setup of a layer, apart from its computation. */
interface Setup {
  /** Initializers of the parameters that have their own. */
  initializers: Map<string, InitializerDescription>;
  frozen: string[];
  weights: Map<string, FloatTensor>;
}

/** A description with the ways its parameters are set up. */
export interface ResolvedDescription extends Setup {
  description: ModelDescription;
}

/** The kind of parameter that a name ends in, without the number of a stacked layer: `weight_hh`. */
function parameterKind(parameter: string, layer: string): string {
  return parameter.slice(layer.length + 1).replace(/_l\d+(_reverse)?(?=$|\.)/, '');
}

function requireKinds(option: string, given: readonly string[], parameters: readonly string[], layer: string): void {
  const kinds = new Set(parameters.map((name) => parameterKind(name, layer)));
  for (const kind of given) {
    if (!kinds.has(kind)) throw check.outOfRange(option, `of ${[...kinds].join(', ') || 'no parameter'}`, kind);
  }
}

function setUp(layer: Layer, name: string, option: string, parameters: readonly string[], setup: Setup): void {
  const { initializer, frozen, weights } = layer;
  const ofKind = (kind: string) => parameters.filter((parameter) => parameterKind(parameter, name) === kind);
  if (initializer !== undefined && 'kind' in initializer && typeof initializer.kind === 'string') {
    const resolved = resolveInitializer(`${option}.initializer`, initializer as InitializerDescription);
    for (const parameter of parameters) setup.initializers.set(parameter, resolved);
  } else if (initializer !== undefined) {
    requireKinds(`${option}.initializer`, Object.keys(initializer), parameters, name);
    for (const [kind, each] of Object.entries(initializer as Record<string, InitializerDescription>)) {
      const resolved = resolveInitializer(`${option}.initializer.${kind}`, each);
      for (const parameter of ofKind(kind)) setup.initializers.set(parameter, resolved);
    }
  }
  if (Array.isArray(frozen)) {
    requireKinds(`${option}.frozen`, frozen, parameters, name);
    setup.frozen.push(...frozen.flatMap(ofKind));
  } else if (frozen !== undefined && check.boolean(`${option}.frozen`, frozen)) {
    setup.frozen.push(...parameters);
  }
  if (weights !== undefined) {
    setup.weights.set(`${name}.weight`, tensorIfNested(`${option}.weights`, weights, 'float64') as FloatTensor);
  }
}

function withoutExtras(layer: Layer, name: string): LayerDescription {
  const kept = Object.entries(layer).filter(
    ([key, value]) => value !== undefined && !(EXTRAS as readonly string[]).includes(key),
  );
  return { ...Object.fromEntries(kept), name } as LayerDescription;
}

/**
 * Checks and names the layers; whether they fit each other the native side checks, when it plans them.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option as in
 *   `layers[1].features`, ERR_UNROLLED_NATIVE_LOAD.
 */
export function resolveDescription(
  input: InputDescription,
  source: InputDescription | undefined,
  layers: readonly Layer[],
): ResolvedDescription {
  checkInput('input', input);
  if (source !== undefined) checkInput('source', source);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw check.wrongType('layers', 'a list of at least one layer', layers);
  }
  for (const [index, layer] of layers.entries()) checkLayer(layer, `layers[${index}]`);
  const taken = new Set(layers.flatMap(({ name }) => name ?? []));
  const described = layers.map((layer) => {
    const name = layer.name ?? defaultName(layer.type, taken);
    taken.add(name);
    return withoutExtras(layer, name);
  });
  const description: ModelDescription = { input, ...(source !== undefined && { source }), layers: described };
  const setup: Setup = { initializers: new Map(), frozen: [], weights: new Map() };
  for (const [index, { name, parameters }] of planOf(description).layers.entries()) {
    const names = parameters.map((parameter) => parameter.name);
    setUp(layers[index] as Layer, name, `layers[${index}]`, names, setup);
  }
  return { description, ...setup };
}
