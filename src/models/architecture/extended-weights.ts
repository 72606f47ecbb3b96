/** Weights of a language model whose vocabulary was extended: rows of tokens that were there, and fresh ones. */

import { sorted } from '../../base/sorting';
import type { Parameters } from '../../network/parameter-layout';
import type { Tensor } from '../../tensor/tensor';
import type { Architecture } from './network-options-table';

type Elements = Tensor['data'];

/** Rows that are copied between two turns of the event loop. */
const PART = 1 << 10;

/** Copies rows of `[N, width]`: `from[old[row]]` becomes row `row`. A row whose `old` is -1 is left unchanged. */
function* copyRows(to: Elements, from: Elements, width: number, old: ArrayLike<number>): Generator<void, void> {
  for (let row = 0; row < old.length; row++) {
    const before = old[row] as number;
    if (before >= 0) to.set(from.subarray(before * width, (before + 1) * width) as never, row * width);
    if (row % PART === 0) yield;
  }
}

/** The same of columns of `[rows, N]`. */
function* copyColumns(to: Tensor, from: Tensor, old: ArrayLike<number>): Generator<void, void> {
  const [rows = 0, columns = 0] = to.shape;
  const [, before = 0] = from.shape;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const source = old[column] as number;
      if (source >= 0) to.data[row * columns + column] = from.data[row * before + source] as number;
    }
    yield;
  }
}

/** The ids by rank. */
function byRank({ ranks }: Architecture, size: number): Int32Array {
  const ids = Int32Array.from({ length: size }, (_, id) => id);
  if (ranks !== undefined) for (const [id, rank] of ranks.entries()) ids[rank] = id;
  return ids;
}

/**
 * The ranks of an extended vocabulary's ids: by falling frequency in the new text, ties as they were, new tokens last.
 * @param frequencies of each id; undefined if nobody has counted: then new tokens follow the others.
 * @param before `idsBefore`.
 */
export function* extendedRanks(
  { ranks }: Architecture,
  before: Int32Array,
  frequencies: ArrayLike<number> | undefined,
): Generator<void, number[]> {
  const rankBefore = (id: number) => {
    const old = before[id] as number;
    return old < 0 ? before.length + id : (ranks?.[old] ?? old);
  };
  const order = yield* sorted(
    Array.from(before, (_, id) => id),
    (a, b) =>
      (frequencies === undefined ? 0 : (frequencies[b] as number) - (frequencies[a] as number)) ||
      rankBefore(a) - rankBefore(b),
  );
  const result = new Array<number>(order.length);
  for (const [rank, id] of order.entries()) result[id] = rank;
  return result;
}

/** A model that was, or that comes of it. */
interface Side {
  architecture: Architecture;
  size: number;
}

/** Rows of an adaptive softmax's tensors: of the row at each place, the one it was before, in the same cluster. */
function* adaptiveRows(name: string, before: Int32Array, was: Side, is: Side): Generator<void, number[] | undefined> {
  const { cutoffs = [] } = is.architecture;
  const [, tail] = /^head\.tail\.(\d+)\.1\.weight$/.exec(name) ?? [];
  const isHead = name === 'head.head.weight' || name === 'head.head.bias';
  if (tail === undefined && !isHead) return undefined;
  const begin = isHead ? 0 : (cutoffs[Number(tail)] as number);
  const next = isHead ? cutoffs[0] : cutoffs[Number(tail) + 1];
  const [from, to] = [next ?? was.size, next ?? is.size];
  const ids = byRank(is.architecture, is.size);
  const oldRanks = was.architecture.ranks;
  const rows: number[] = [];
  for (let place = begin; place < to; place++) {
    const id = before[ids[place] as number] as number;
    const rank = id < 0 ? -1 : (oldRanks?.[id] ?? id);
    rows.push(rank >= begin && rank < from ? rank - begin : -1);
    if (place % PART === 0) yield;
  }
  // The entries of the clusters follow the tokens of the head.
  return isHead ? [...rows, ...cutoffs.map((_, index) => (cutoffs[0] as number) + index)] : rows;
}

/**
 * Copies the weights of the old model into a new one, in parts. Weights of a new token keep their initial values. So do
 * the output weights of a token that its new rank moves to another cluster of an adaptive softmax.
 * @param fresh weights of a new model with the extended vocabulary; they are changed.
 * @param before the result of `idsBefore`.
 */
export function* keepWeights(
  fresh: Parameters,
  known: Parameters,
  before: Int32Array,
  was: Side,
  is: Side,
): Generator<void, void> {
  const isOneHot = is.architecture.embedding === 'onehot';
  const isAdaptive = is.architecture.output === 'adaptive';
  for (const [name, tensor] of Object.entries(fresh)) {
    const from = known[name] as Tensor;
    const width = tensor.shape[1] ?? 1;
    const isTable = name === 'embedding.weight' || name === 'head.weight' || name === 'head.bias';
    const rows = isTable ? before : isAdaptive ? yield* adaptiveRows(name, before, was, is) : undefined;
    if (rows !== undefined) yield* copyRows(tensor.data, from.data, width, rows);
    else if (isOneHot && name === 'rnn.weight_ih_l0') yield* copyColumns(tensor, from, before);
    else tensor.data.set(from.data as never);
  }
}
