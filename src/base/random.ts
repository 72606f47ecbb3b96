/**
 * Random numbers by counting: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011),
 * as the core has it. A stream is named by (seed, use, step), so the same name always draws the same numbers.
 */

import { atOnce, inTurns } from './event-loop';

/** Items that are put in order between two looks at the clock. */
const ITEMS_PER_LOOK = 2 ** 13;

/** What a stream of numbers is for; part of its name. Of the core's (`RandomUse`) there is `sampling` alone. */
export const RandomUse = { sampling: 3, split: 101, wordVectors: 102, firstToken: 103 } as const;

type Block = [number, number, number, number];

/** The upper and the lower half of the product of two 32-bit numbers. */
function multiply(a: number, b: number): [upper: number, lower: number] {
  // Halves of 16 bits: their products and sums are exact in a double.
  const [aUpper, aLower] = [a >>> 16, a & 0xffff];
  const [bUpper, bLower] = [b >>> 16, b & 0xffff];
  const middle = aUpper * bLower + ((aLower * bLower) >>> 16);
  const other = aLower * bUpper + (middle & 0xffff);
  const upper = aUpper * bUpper + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
  return [upper >>> 0, Math.imul(a, b) >>> 0];
}

/** The bijection itself: ten rounds over a counter. */
export function philox(counter: Readonly<Block>, key: readonly [number, number]): Block {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [firstUpper, firstLower] = multiply(0xd2511f53, c0);
    const [secondUpper, secondLower] = multiply(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(secondUpper ^ c1 ^ k0) >>> 0, secondLower, (firstUpper ^ c3 ^ k1) >>> 0, firstLower];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** One stream of random numbers. */
export class Random {
  readonly #key: readonly [number, number];
  readonly #counter: Block;
  #block: Block = [0, 0, 0, 0];
  #used = 4;

  /**
   * @param seed a whole number from 0 that a double holds exactly, as is `step`.
   * @param use one of `RandomUse`.
   */
  constructor(seed: number, use: number, step = 0) {
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32)];
    this.#counter = [0, use, step >>> 0, Math.floor(step / 2 ** 32)];
  }

  /** 32 random bits. */
  next(): number {
    if (this.#used === 4) {
      this.#block = philox(this.#counter, this.#key);
      this.#counter[0] = (this.#counter[0] + 1) >>> 0;
      this.#used = 0;
    }
    return this.#block[this.#used++] as number;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const upper = this.next() >>> 5;
    const lower = this.next() >>> 6;
    return (upper * 2 ** 26 + lower) * 2 ** -53;
  }

  /** The items in a random order (Fisher and Yates); their own array stays as it is. */
  shuffled<T>(items: readonly T[]): T[] {
    return atOnce(this.#shuffling(items));
  }

  /** The same order; with many items the event loop has its turns. */
  shuffledInTurns<T>(items: readonly T[]): Promise<T[]> {
    return inTurns(this.#shuffling(items));
  }

  *#shuffling<T>(items: readonly T[]): Generator<void, T[]> {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const other = Math.floor(this.uniform() * (i + 1));
      [result[i], result[other]] = [result[other] as T, result[i] as T];
      if (i % ITEMS_PER_LOOK === 0) yield;
    }
    return result;
  }
}
