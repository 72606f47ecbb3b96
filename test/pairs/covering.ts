/**
 * A covering set of pairs: configurations in which every two values of two factors that go together meet at least once. It is
 * the same in every run, so that a configuration can be named by its number.
 */

import { Random } from '../../src/base/random';

/** Use of the random numbers that break ties. */
const USE = 1021;

/** Configurations that are drawn for each that is taken. */
const CANDIDATES = 8;

/** Drawings until a configuration that breaks no rule. */
const MOST_DRAWN = 80;

export type Factors = Readonly<Record<string, readonly unknown[]>>;

/** A value of every factor. */
export type ConfigurationOf<F extends Factors> = { [Name in keyof F]: F[Name][number] };

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Which pairs of values no configuration has yet. A value is a number of its own among those of all factors. */
class OpenPairs {
  readonly #open: Uint8Array;
  readonly #values: number;

  constructor(firsts: readonly number[], values: number) {
    this.#values = values;
    this.#open = new Uint8Array(values * values);
    const factorOf = (value: number) => firsts.findLastIndex((first) => first <= value);
    for (let a = 0; a < values; a++) {
      for (let b = 0; b < values; b++) if (factorOf(a) !== factorOf(b)) this.#open[a * values + b] = 1;
    }
  }

  /** How many of these values the value is still to meet. */
  met(value: number, others: readonly number[]): number {
    let count = 0;
    for (const other of others) count += this.#open[value * this.#values + other] as number;
    return count;
  }

  close(a: number, b: number): void {
    this.#open[a * this.#values + b] = 0;
    this.#open[b * this.#values + a] = 0;
  }

  /** The first one; undefined where there is none. */
  first(from: number): [number, number] | undefined {
    const at = this.#open.indexOf(1, from);
    return at < 0 ? undefined : [Math.floor(at / this.#values), at % this.#values];
  }
}

/**
 * @param factors with their values.
 * @param isPossible whether a configuration keeps the rules.
 */
export function coveringSet<F extends Factors>(
  factors: F,
  isPossible: (configuration: ConfigurationOf<F>) => boolean,
): ConfigurationOf<F>[] {
  const names = Object.keys(factors);
  const sizes = names.map((name) => (factors[name] as readonly unknown[]).length);
  const firsts = sizes.map((_, factor) => sizes.slice(0, factor).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const factorOf = (value: number) => firsts.findLastIndex((first) => first <= value);
  const open = new OpenPairs(firsts, total);
  const random = new Random(0, USE);
  const configurationOf = (row: readonly number[]) =>
    Object.fromEntries(
      names.map((name, factor) => [name, factors[name]?.[(row[factor] as number) - (firsts[factor] as number)]]),
    ) as ConfigurationOf<F>;

  /** A configuration with both values, whose others meet as many values anew as they can; undefined where none is found. */
  const drawn = (pair: readonly number[]): number[] | undefined => {
    for (let attempt = 0; attempt < MOST_DRAWN; attempt++) {
      const row = new Array<number>(names.length).fill(-1);
      for (const value of pair) row[factorOf(value)] = value;
      const taken = [...pair];
      for (const factor of shuffled(names.length, random)) {
        if ((row[factor] as number) >= 0) continue;
        let [best, most] = [-1, -1];
        for (const index of shuffled(sizes[factor] as number, random)) {
          const value = (firsts[factor] as number) + index;
          // Later attempts go by chance: what meets most may break a rule again and again.
          const met = attempt < MOST_DRAWN / 4 ? open.met(value, taken) : 0;
          if (met > most) [best, most] = [value, met];
        }
        row[factor] = best;
        taken.push(best);
      }
      if (isPossible(configurationOf(row))) return row;
    }
    return undefined;
  };

  const set: ConfigurationOf<F>[] = [];
  for (let pair = open.first(0); pair !== undefined; pair = open.first(pair[0] * total)) {
    let [best, most]: [number[] | undefined, number] = [undefined, -1];
    for (let count = 0; count < CANDIDATES; count++) {
      const row = drawn(pair);
      // Two values that never go together.
      if (row === undefined) break;
      const met = row.reduce((sum, value) => sum + open.met(value, row), 0);
      if (met > most) [best, most] = [row, met];
    }
    open.close(...pair);
    if (best === undefined) continue;
    for (const a of best) for (const b of best) open.close(a, b);
    set.push(configurationOf(best));
  }
  return set;
}
