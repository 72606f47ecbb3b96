/** The epochs of a training, collected. */

import { types } from 'node:util';
import * as check from '../base/check';
import { ends, PRINTED, showCount, showFigure, showRate, table } from '../base/messages/formatting';
import { counted } from '../base/messages/plurals';
import type { FloatArray } from '../native/native';
import { firstNonFinite } from '../tensor/tensor';
import type { Callback } from './callbacks/callback';
import { type EpochResult, isBetter, MONITORS, type Monitor } from './epoch-result';

/** An epoch in JSON, with lists instead of typed arrays. */
export type EpochJSON = {
  [Key in keyof EpochResult]: EpochResult[Key] extends FloatArray ? number[] : EpochResult[Key];
};

const ARRAYS = ['stepLosses', 'stepGradientNorms', 'stepLearningRates'] as const;

/** The figures that every epoch has, besides its counts. */
const FIGURES = ['loss', 'learningRate', 'gradientNorm', 'tokensPerSecond', 'seconds'] as const;

/** The figures that only some epochs have: a squared error has no bits. */
const SOME_FIGURES = ['bitsPerToken', 'accuracy', 'validationLoss', 'validationAccuracy'] as const;

/** The printed figures of an epoch, formatted for people. */
const COLUMNS = [
  ['epoch', String],
  ['steps', (value) => showCount(value as number)],
  ['loss', showFigure],
  ['accuracy', showFigure],
  ['validationLoss', showFigure],
  ['validationAccuracy', showFigure],
  ['learningRate', (value) => showRate(value as number)],
  ['seconds', (value) => (value as number).toFixed(1)],
] as const satisfies readonly (readonly [keyof EpochResult, (value: number | undefined) => string])[];

/** Epochs that are printed. */
const MOST_EPOCHS = 20;

/** An epoch except the figures of its steps. */
type EpochFigures = Omit<EpochResult, (typeof ARRAYS)[number]>;

type HistoryState = { epochs: EpochFigures[] } & Record<(typeof ARRAYS)[number], Float64Array>;

function withoutArrays({ stepLosses, stepGradientNorms, stepLearningRates, ...figures }: EpochResult): EpochFigures {
  return figures;
}

function numbers(option: string, value: unknown): Float64Array {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'number');
  if (!isList) throw check.wrongType(option, 'a list of numbers', value);
  return Float64Array.from(value);
}

/**
 * The epochs that `fit` yielded: `const history = await model.fit(data)`. It can also be one of the `callbacks` of a
 * training; then it collects the epochs, and a resumed training restores the earlier ones. Prints as a table.
 */
export class History implements Callback {
  readonly name = 'history';
  readonly optional = true;
  readonly #epochs: EpochResult[] = [];

  constructor(epochs: Iterable<EpochResult> = []) {
    for (const epoch of epochs) this.push(epoch);
  }

  /** Runs a training to its end; of one that was waited for, its epochs. */
  static async of(training: AsyncIterable<EpochResult> | Iterable<EpochResult>): Promise<History> {
    const history = new History();
    for await (const epoch of training) history.push(epoch);
    return history;
  }

  /**
   * A history from the result of `toJSON`, also after `JSON.stringify` and `JSON.parse`, where null stands for a figure
   * that is not finite.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
   */
  static fromJSON(value: unknown): History {
    if (!Array.isArray(value)) throw check.wrongType('history', 'a list of epochs', value);
    return new History(
      value.map((epoch: EpochJSON, index) => {
        if (typeof epoch !== 'object' || epoch === null) throw check.wrongType(`history[${index}]`, 'an epoch', epoch);
        const name = `history[${index}]`;
        const arrays = ARRAYS.map((key) => [key, numbers(`${name}.${key}`, epoch[key])]);
        const { stepLosses, stepGradientNorms, stepLearningRates, ...figures } = epoch;
        return { ...readFigures(name, figures), ...Object.fromEntries(arrays) } as EpochResult;
      }),
    );
  }

  /** All epochs, in their order: `for (const epoch of await model.fit(data))`. */
  [Symbol.iterator](): IterableIterator<EpochResult> {
    return this.#epochs[Symbol.iterator]();
  }

  /** All epochs, in their order. */
  get epochs(): readonly EpochResult[] {
    return this.#epochs;
  }

  /** The last epoch; undefined if there is none. */
  get last(): EpochResult | undefined {
    return this.#epochs.at(-1);
  }

  /** Adds an epoch. One with the number of the last takes its place: a run that ended in it went on. */
  push(epoch: EpochResult): void {
    if (this.last?.epoch === epoch.epoch) this.#epochs.pop();
    this.#epochs.push(epoch);
  }

  /**
   * The epoch at which a figure was best, the first of equals: losses fall, accuracies rise.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
   */
  best(monitor: Monitor = 'validationLoss'): EpochResult | undefined {
    check.oneOf('monitor', monitor, MONITORS);
    let best: EpochResult | undefined;
    for (const epoch of this.#epochs) {
      const value = epoch[monitor];
      if (value !== undefined && isBetter(monitor, value, best?.[monitor])) best = epoch;
    }
    return best;
  }

  /** A figure of every epoch, or of every step, in their order. */
  values(figure: Monitor | 'learningRate' | 'gradientNorm' | (typeof ARRAYS)[number]): Float64Array {
    return Float64Array.from(
      this.#epochs.flatMap((epoch): number[] => {
        const value = epoch[figure];
        if (value === undefined) return [];
        return typeof value === 'number' ? [value] : [...value];
      }),
    );
  }

  /** The epochs as JSON has them; `History.fromJSON` reads them. */
  toJSON(): EpochJSON[] {
    return this.#epochs.map((epoch) => {
      const arrays = ARRAYS.map((key) => [key, [...epoch[key]]]);
      return { ...withoutArrays(epoch), ...Object.fromEntries(arrays) } as EpochJSON;
    });
  }

  /**
   * A table of the epochs, the first and the last where there are many.
   * @internal
   */
  [PRINTED](depth: number): string {
    const count = counted(this.#epochs.length, 'epoch');
    if (depth < 0 || this.#epochs.length === 0) return `[History of ${count}]`;
    const columns = COLUMNS.filter(([figure]) => this.#epochs.some((epoch) => epoch[figure] !== undefined));
    const row = (epoch: EpochResult) => columns.map(([figure, show]) => show(epoch[figure] as number | undefined));
    const { first, left, last } = ends(this.#epochs, MOST_EPOCHS);
    const between = left > 0 ? [['…', ...columns.slice(1).map(() => '')]] : [];
    const names = columns.map(([figure]) => figure);
    const figures = table([names, ...first.map(row), ...between, ...last.map(row)], 0);
    const reason = this.last?.stopReason;
    return `History of ${count}\n${figures}${reason === undefined ? '' : `\nended early: ${reason}`}`;
  }

  onEpochEnd(epoch: EpochResult): void {
    this.push(epoch);
  }

  /** The arrays of all calls, joined to one of each kind, because there may be many epochs. */
  getState(): unknown {
    const arrays = ARRAYS.map((key) => [key, this.values(key)]);
    return { epochs: this.#epochs.map(withoutArrays), ...Object.fromEntries(arrays) };
  }

  setState(state: unknown): void {
    const { epochs, ...joined } = state as HistoryState;
    const figures = epochs.map((epoch, index) => {
      const name = `epochs[${index}]`;
      requireFinite(name, epoch);
      return readFigures(name, epoch);
    });
    const steps = figures.reduce((total, epoch) => total + epoch.steps, 0);
    for (const key of ARRAYS) requireFigures(key, joined[key], steps);
    let first = 0;
    this.#epochs.length = 0;
    for (const { bitsPerToken, ...epoch } of figures) {
      // Checkpoints of earlier releases have bits of squared errors too.
      const inBits = epoch.accuracy !== undefined && bitsPerToken !== undefined;
      const arrays = ARRAYS.map((key) => [key, joined[key].slice(first, first + epoch.steps)]);
      this.#epochs.push({ ...epoch, ...(inBits && { bitsPerToken }), ...Object.fromEntries(arrays) } as EpochResult);
      first += epoch.steps;
    }
  }
}

/** An epoch of JSON, whose texts have null if a figure is not finite. */
function readFigures(name: string, epoch: EpochFigures): EpochFigures {
  for (const count of ['epoch', 'step', 'steps'] as const) check.integer(`${name}.${count}`, epoch[count], { min: 0 });
  for (const text of ['stopReason', 'lossUnit'] as const) {
    if (epoch[text] !== undefined) check.nonEmptyString(`${name}.${text}`, epoch[text]);
  }
  const some = SOME_FIGURES.filter((figure) => epoch[figure] !== undefined);
  const figures = [...FIGURES, ...some].map((figure): [string, number] => {
    const value: unknown = epoch[figure] === null ? Number.NaN : epoch[figure];
    if (typeof value !== 'number') throw check.wrongType(`${name}.${figure}`, 'a number', value);
    return [figure, value];
  });
  return { ...epoch, ...Object.fromEntries(figures) };
}

/** The figures that may be infinite: those of steps are finite, but those measured besides them may not be. */
const MAYBE_INFINITE: readonly string[] = ['validationLoss', 'tokensPerSecond'] satisfies (keyof EpochResult)[];

/** A checkpoint's text can have numbers that are too large: no training wrote them. Of nothing the mean is NaN. */
function requireFinite(name: string, epoch: EpochFigures): void {
  for (const [figure, value] of Object.entries(epoch)) {
    if (typeof value !== 'number' || Number.isNaN(value) || MAYBE_INFINITE.includes(figure)) continue;
    check.number(`${name}.${figure}`, value);
  }
}

function requireFigures(name: string, values: Float64Array, count: number): void {
  if (!types.isFloat64Array(values)) throw check.wrongType(name, 'a Float64Array', values);
  if (values.length !== count) throw check.outOfRange(name, `of ${counted(count, 'step')}`, values.length);
  const index = firstNonFinite(values);
  if (index !== -1) check.number(`${name}[${index}]`, values[index]);
}

/** Runs a training to its end and collects its epochs, as waiting for it does. */
export function collect(training: AsyncIterable<EpochResult> | Iterable<EpochResult>): Promise<History> {
  return History.of(training);
}
