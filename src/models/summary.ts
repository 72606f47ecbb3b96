/** A model in figures, for programs and for people. */

import * as check from '../base/check';
import { ends, PRINTED, showCount, showSeconds, table } from '../base/messages/formatting';
import { elementsOf, planOf } from '../layers/plan';
import type { DType, InputDescription, LayerDescription, LayerPlan } from '../native/native';
import type { Network } from '../network/network';
import { showShape } from '../tensor/shape-text';
import type { Estimate } from '../training/estimate';

/** A size, or a letter for one that the data decide: `T` time, `B` batch. */
export type ShapeLetters = readonly ('T' | 'B' | number)[];

/** A parameter with its shape. */
export interface ParameterSummary {
  /** Named as in the file. */
  name: string;
  shape: readonly number[];
  count: number;
  /** Whether it is left as it is by training. */
  frozen: boolean;
}

/** A layer with its parameters. */
export interface LayerSummary {
  name: string;
  type: LayerDescription['type'];
  /** `[T, B, F]`, or `[B, F]` for one output per sequence. */
  output: ShapeLetters;
  parameters: readonly ParameterSummary[];
}

function countOf(parameters: readonly ParameterSummary[]): number {
  return parameters.reduce((sum, { count }) => sum + count, 0);
}

function summaryOf(
  { name, once, features, parameters }: LayerPlan,
  type: LayerDescription['type'],
  frozen: readonly string[],
): LayerSummary {
  return {
    ...{ name, type },
    output: [...(once ? [] : (['T'] as const)), 'B', features],
    parameters: parameters.map((parameter) => ({
      ...{ name: parameter.name, shape: [...parameter.shape], count: elementsOf(parameter) },
      frozen: frozen.includes(parameter.name),
    })),
  };
}

/** Layers that a model prints. */
const MOST_LAYERS = 20;

function showInput(input: InputDescription): string {
  return input.kind === 'ids' ? `ids below ${showCount(input.vocabulary)}` : `${showCount(input.features)} features`;
}

/** A size in the unit that suits it: `512 bytes`, `3.4 MB`. */
function showBytes(bytes: number): string {
  const unit = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, size]) => bytes >= size);
  return unit === undefined ? `${bytes} bytes` : `${(bytes / unit[1]).toPrecision(3)} ${unit[0]}`;
}

/** A time in the unit that suits it: `3.41 ms`, `12.5 s`, `2m 05s`. */
function showTime(seconds: number): string {
  if (seconds >= 60) return showSeconds(seconds);
  return seconds >= 1 ? `${seconds.toPrecision(3)} s` : `${(1000 * seconds).toPrecision(3)} ms`;
}

/** The memory and time of a training, as lines. */
function showFit({ bytes, stepsPerEpoch, secondsPerStep, secondsPerEpoch }: Estimate): string {
  const parts = (['parameters', 'gradients', 'optimizer', 'workspace', 'data', 'checkpoint'] as const)
    .flatMap((part) => (bytes[part] === undefined ? [] : [`${part} ${showBytes(bytes[part])}`]))
    .join(', ');
  const epoch = `${showTime(secondsPerEpoch)} per epoch of ${showCount(stepsPerEpoch)} step${stepsPerEpoch === 1 ? '' : 's'}`;
  return `a fit takes ${showBytes(bytes.total)} (${parts})\nand about ${epoch}, ${showTime(secondsPerStep)} each`;
}

/** The layers and parameters of a model, and the memory and time of a training if requested. Prints as a table. */
export class Summary {
  readonly dtype: DType;
  readonly input: InputDescription;
  readonly source: InputDescription | undefined;
  readonly layers: readonly LayerSummary[];
  /** Parameters of all layers, in the model's order. */
  readonly parameters: readonly ParameterSummary[];
  /** Elements of all parameters. */
  readonly parameterCount: number;
  /** Number of trained elements. */
  readonly trainableCount: number;
  /** Memory and time of a training: the result of `estimate`. */
  readonly fit: Estimate | undefined;

  /** @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_DISPOSED */
  constructor(model: Network, fit?: Estimate) {
    model.requireAlive();
    if (fit !== undefined && typeof fit?.bytes !== 'object') {
      throw check.wrongType('fit', 'what estimate(data, options) resolves to', fit);
    }
    this.fit = fit;
    const { description, dtype, frozen } = model;
    this.dtype = dtype;
    this.input = description.input;
    this.source = description.source;
    const plan = planOf(description).layers;
    this.layers = description.layers.map(({ type }, index) => summaryOf(plan[index] as LayerPlan, type, frozen));
    this.parameters = this.layers.flatMap(({ parameters }) => parameters);
    this.parameterCount = countOf(this.parameters);
    this.trainableCount = countOf(this.parameters.filter((parameter) => !parameter.frozen));
  }

  /** The table. */
  toString(): string {
    const rows = this.layers.flatMap(({ name, type, output, parameters }) => [
      [`${name} (${type})`, showShape(output), showCount(countOf(parameters))],
      ...parameters.map((parameter) => [
        `  ${parameter.name}${parameter.frozen ? ' (frozen)' : ''}`,
        showShape(parameter.shape),
        showCount(parameter.count),
      ]),
    ]);
    const total = `${showCount(this.parameterCount)} parameters of ${this.dtype}`;
    const lines = [
      table([['layer', 'output', 'parameters'], ...rows], 2),
      `${total}, ${showCount(this.trainableCount)} trained`,
      ...(this.fit === undefined ? [] : [showFit(this.fit)]),
    ];
    return lines.join('\n');
  }

  /**
   * The printed form of `Model`: the layers without the names of their parameters; of many layers, the first and the
   * last.
   * @internal
   */
  get outline(): string {
    const row = ({ name, type, output, parameters }: LayerSummary) => [
      `${name} (${type})`,
      showShape(output),
      showCount(countOf(parameters)),
    ];
    const { first, left, last } = ends(this.layers, MOST_LAYERS);
    const between = left > 0 ? [[`… ${left} more`, '', '']] : [];
    const rows = [['layer', 'output', 'parameters'], ...first.map(row), ...between, ...last.map(row)];
    const source = this.source === undefined ? '' : `, source of ${showInput(this.source)}`;
    const inputs = `input of ${showInput(this.input)}${source}`;
    return `Model: ${showCount(this.parameterCount)} parameters of ${this.dtype}, ${inputs}\n${table(rows, 2)}`;
  }

  /** @internal */
  [PRINTED](): string {
    return this.toString();
  }
}
