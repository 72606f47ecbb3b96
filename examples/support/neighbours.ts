/** Words near each other by their vectors, and a plane to see them in. */

import type { FloatTensor } from '../../src/index';

export interface Neighbour {
  word: string;
  /** Euclidean. */
  distance: number;
}

/** Words with a vector each: row i of `vectors` `[V, E]` is word i's. */
export interface WordTable {
  words: readonly string[];
  vectors: FloatTensor;
}

function vectorOf({ vectors: { shape, data } }: WordTable, id: number): ArrayLike<number> {
  const [, width = 0] = shape;
  return data.subarray(id * width, (id + 1) * width);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(squares);
}

/**
 * The words with the nearest vectors, the nearest first, the word itself left out. Of equal distances the one with the
 * smaller id comes first. None for a word that is not there.
 */
export function nearestWords(table: WordTable, word: string, count: number): Neighbour[] {
  const own = table.words.indexOf(word);
  if (own === -1) return [];
  const from = vectorOf(table, own);
  return table.words
    .map((other, id) => ({ word: other, distance: distance(from, vectorOf(table, id)), id }))
    .filter(({ id }) => id !== own)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ word: other, distance: far }) => ({ word: other, distance: far }));
}

/** Those of `expected` that are among the neighbours. */
export function foundAmong(neighbours: readonly Neighbour[], expected: readonly string[]): string[] {
  const near = new Set(neighbours.map(({ word }) => word));
  return expected.filter((word) => near.has(word));
}

/** Enough for directions whose spreads differ by a few percent. */
const ROUNDS = 500;

type Matrix = readonly (readonly number[])[];

function product(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * (vector[i] as number), 0));
}

/** The direction in which vectors with that covariance spread most, by power iteration, and their variance along it. */
function principalDirection(covariance: Matrix): { direction: number[]; variance: number } {
  // No two elements alike: a start at right angles to the direction would never find it.
  let direction = covariance.map((_, i) => 1 / (i + 1));
  let variance = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = product(covariance, direction);
    variance = Math.hypot(...next);
    if (variance === 0) break;
    direction = next.map((value) => value / variance);
  }
  return { direction, variance };
}

/** The vectors' places in the plane in which they spread most: their two principal components. */
export function principalPlane(vectors: readonly ArrayLike<number>[]): { x: number; y: number }[] {
  const rows = vectors.map((vector) => Array.from(vector));
  const means = (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length);
  const centred = rows.map((row) => row.map((value, i) => value - (means[i] as number)));
  const covariance = means.map((_, i) =>
    means.map((__, j) => centred.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0) / rows.length),
  );
  const first = principalDirection(covariance);
  const second = principalDirection(
    covariance.map((row, i) =>
      row.map((value, j) => value - first.variance * (first.direction[i] as number) * (first.direction[j] as number)),
    ),
  );
  const along = (direction: readonly number[]) => product(centred, direction);
  const [x, y] = [along(first.direction), along(second.direction)];
  return x.map((value, i) => ({ x: value, y: y[i] as number }));
}

/** The vectors of some words, in their order. */
export function vectorsOf(table: WordTable, words: readonly string[]): ArrayLike<number>[] {
  return words.map((word) => vectorOf(table, table.words.indexOf(word)));
}
