/** Texts that are drawn at the same time, computed together: one native call after another, each for all that wait. */

import { isPromise } from 'node:util/types';
import { giveTurn, settled } from '../base/event-loop';
import { abortError, cancelledError, onAbort } from '../native/cancellation';
import { addon } from '../native/load';
import type { FloatArray, NativeCancellation, NativeGeneration } from '../native/native';
import type { Network } from '../network/network';
import { allocate } from '../tensor/tensor-shape';
import type { Vocabulary } from '../text/vocabulary';
import type { RowConstraint } from './row-constraint';
import { endIdOf, excludedIds } from './special-ids';

/** Texts in one call. */
export const MOST_ROWS = 64;

/** Ids of prompts that one call feeds. A longer prompt takes several calls, so that other texts do not wait long. */
const MOST_FED = 1024;

/** Approximate number of ids that one call draws, for all texts together. New texts wait until the call ends. */
const MOST_DRAWN = 2048;

/** A few ids are always worth a call. */
const LEAST_PIECE = 8;

/**
 * Seconds that a call may continue to draw after the requested piece, because the next piece is usually requested soon:
 * waking the model's thread and the event loop takes as long as the next few ids of a small model.
 */
const AHEAD_SECONDS = 0.0005;

/** A text that is being drawn: how, and how far it is. */
export class Row {
  readonly drawing: { readonly seed: number; temperature: number; topK: number; topP: number };
  /** The constraint of its tokens, if there is any. */
  readonly constraint: RowConstraint | undefined;
  /** Ids that have not been fed: the rest of the prompt, or the last drawn id. */
  pending: Int32Array;
  /** Ids drawn so far. */
  drawn: number;
  /** The last drawn ids, which have not been requested yet. */
  ahead: Int32Array;
  /** After the last id fed; zero where absent. */
  state: FloatArray | undefined;

  /** The call that it belongs to, whose texts all use the same weights: a call for several texts, or the row itself. */
  readonly call: object;

  /**
   * @param begun whether the prompt was itself drawn, as the beginning of the text.
   * @param call `Row.call`; by default the row itself.
   */
  constructor(
    prompt: Int32Array,
    drawing: Row['drawing'],
    constraint?: RowConstraint,
    { begun = false, call }: { begun?: boolean; call?: object | undefined } = {},
  ) {
    this.pending = prompt;
    this.drawing = drawing;
    this.constraint = constraint;
    this.call = call ?? this;
    this.ahead = begun ? prompt : new Int32Array(0);
    this.drawn = this.ahead.length;
    constraint?.push(this.ahead);
  }

  /** Ids that were handed out. */
  get position(): number {
    return this.drawn - this.ahead.length;
  }

  /** Hands out a piece of what was drawn ahead. */
  take(piece: number): Int32Array {
    const ids = this.ahead.subarray(0, piece);
    this.ahead = this.ahead.subarray(piece);
    return ids;
  }
}

/** How much of a row is wanted. */
export interface Wanted {
  /** Ids, at most. */
  most: number;
  /** Ids after which somebody waits for an answer. */
  piece: number;
  signal: AbortSignal | undefined;
}

/** One answer that somebody waits for. */
interface Turn {
  row: Row;
  wanted: Wanted;
  /** Whether there was an answer; nobody waits any more. */
  settled: boolean;
  /** Whether the function that constrains its next id was called. */
  asked: boolean;
  resolve(ids: Int32Array): void;
  reject(error: unknown): void;
}

/** A turn's part in a call. */
interface Share {
  turn: Turn;
  /** Position among the row's pending ids. */
  fed: number;
}

/** The state of one row of `[B, S]`. */
function stateOf(states: FloatArray, row: number, rows: number): FloatArray {
  if (rows === 1) return states;
  const size = states.length / rows;
  return states.slice(row * size, (row + 1) * size);
}

/** States of several rows as `[B, S]`; nothing if all are zero. */
function joinedStates(model: Network, rows: readonly Row[]): FloatArray | undefined {
  if (rows.every(({ state }) => state === undefined)) return undefined;
  if (rows.length === 1) return rows[0]?.state;
  const size = Object.values(model.stateSizes).reduce((sum, features) => sum + features, 0);
  const joined = allocate(model.dtype, rows.length * size);
  for (const [i, { state }] of rows.entries()) if (state !== undefined) joined.set(state, i * size);
  return joined;
}

/**
 * Draws rows of one model. All that ask at the same time are computed together, and those who ask while a call runs take
 * part in the next one. What a row draws does not depend on who else is there.
 */
export class Batcher {
  readonly #model: Network;
  /** The model that computes: the model itself, or a copy with its earlier weights. */
  readonly #weights: Network | Promise<Network>;
  readonly #fixed: { excluded: Int32Array; end: number; threads: number };
  #waiting: Turn[] = [];
  #running = false;
  /** Seconds that an id took in the last call that drew some, of all its texts together; unknown before. */
  #pace: number | undefined;

  /** The batcher that now draws rows which were left in the middle of a prompt. */
  #other: (row: Row) => Batcher | undefined = () => undefined;

  /** @param weights a copy of the model with earlier weights; by default the model itself. */
  constructor(model: Network, vocabulary: Vocabulary, threads: number, weights: Network | Promise<Network> = model) {
    this.#model = model;
    this.#weights = weights;
    this.#fixed = { excluded: excludedIds(vocabulary), end: endIdOf(vocabulary), threads };
  }

  /**
   * The next ids of a row, at least one; the last one is the end token where that was drawn.
   * @throws ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED, ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  draw(row: Row, wanted: Wanted): Promise<Int32Array> {
    return new Promise((resolve, reject) => {
      const { signal } = wanted;
      if (signal?.aborted) {
        reject(abortError('Generation', signal));
        return;
      }
      if (row.ahead.length > 0 && !this.#model.isDisposed) {
        resolve(row.take(Math.min(wanted.piece, wanted.most)));
        return;
      }
      const settle = () => {
        turn.settled = true;
        removeAbort();
      };
      const turn: Turn = {
        ...{ row, wanted, settled: false, asked: false },
        resolve(ids) {
          settle();
          resolve(ids);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      const abort = () => {
        turn.reject(abortError('Generation', signal));
        (this.#other(row) ?? this).#left();
        this.#left();
      };
      const removeAbort = onAbort(signal, abort);
      this.#wait(turn);
    });
  }

  /**
   * Hands those who wait, and are in no call, over to the batchers that their rows have now.
   * @param other of a row; undefined if it stays.
   */
  handOver(other: (row: Row) => Batcher | undefined): void {
    this.#other = other;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const turn of waiting) this.#wait(turn);
  }

  /** Lets a turn wait where its row is drawn. */
  #wait(turn: Turn): void {
    const batcher = this.#other(turn.row) ?? this;
    batcher.#waiting.push(turn);
    if (!batcher.#running) void batcher.#run();
  }

  /** Set while a call runs: cancels it where nobody waits for it any more. */
  #left: () => void = () => {};

  async #run(): Promise<void> {
    this.#running = true;
    // Whoever was answered, or begins now, may ask before the next call is made up.
    for (await settled(); this.#waiting.length > 0; await settled()) {
      await giveTurn();
      await this.#call(this.#take());
    }
    this.#running = false;
  }

  /** The rows of the next call; those that have waited longest come first. */
  #take(): Share[] {
    const shares: Share[] = [];
    const others: Turn[] = [];
    let room = MOST_FED;
    for (const turn of this.#waiting) {
      if (turn.settled) continue;
      const fed = Math.min(turn.row.pending.length, room);
      if (fed === 0 || shares.length === MOST_ROWS) {
        others.push(turn);
        continue;
      }
      shares.push({ turn, fed });
      room -= fed;
    }
    this.#waiting = others;
    return shares;
  }

  /**
   * Asks the functions that constrain texts, with turns for the event loop between them; whose function fails takes no part.
   */
  async #constrained(shares: readonly Share[]): Promise<Share[]> {
    for (const { turn, fed } of shares) {
      const { constraint, pending } = turn.row;
      if (constraint === undefined || fed < pending.length || turn.settled || turn.asked) continue;
      turn.asked = true;
      try {
        constraint.ask();
      } catch (error) {
        turn.reject(error);
      }
      await giveTurn();
    }
    // Meanwhile the weights may have changed, and rows be drawn elsewhere.
    return shares.filter(({ turn }) => {
      if (turn.settled) return false;
      const isHere = (this.#other(turn.row) ?? this) === this;
      if (!isHere) this.#wait(turn);
      return isHere;
    });
  }

  async #call(taken: readonly Share[]): Promise<void> {
    const isFree = taken.every(({ turn }) => turn.row.constraint?.isStepwise !== true);
    const shares = isFree ? taken : await this.#constrained(taken);
    if (shares.length === 0) return;
    const turns = shares.map(({ turn }) => turn);
    const { Cancellation } = addon();
    const cancellation = new Cancellation();
    this.#left = () => {
      if (turns.every(({ settled }) => settled)) cancellation.cancel();
    };
    try {
      this.#model.requireAlive();
      // No turn between where the weights are the model's own: calls are made in their order.
      const model = isPromise(this.#weights) ? await this.#weights : this.#weights;
      this.#answer(shares, await this.#generate(model, shares, cancellation));
    } catch (error) {
      for (const turn of turns) if (!turn.settled) turn.reject(error);
    } finally {
      this.#left = () => {};
    }
  }

  #generate(model: Network, shares: readonly Share[], cancellation: NativeCancellation): Promise<NativeGeneration> {
    const rows = shares.map(({ turn }) => turn.row);
    const offsets = new Int32Array(shares.length + 1);
    for (const [i, { fed }] of shares.entries()) offsets[i + 1] = (offsets[i] as number) + fed;
    const ids = new Int32Array(offsets.at(-1) as number);
    for (const [i, { turn, fed }] of shares.entries()) ids.set(turn.row.pending.subarray(0, fed), offsets[i]);
    const pieceOf = ({ row, wanted }: Turn) => (row.constraint?.isStepwise ? 1 : wanted.piece);
    const shortest = Math.min(...shares.map(({ turn }) => pieceOf(turn)));
    const piece = Math.min(this.#withAhead(shortest), Math.max(LEAST_PIECE, Math.floor(MOST_DRAWN / shares.length)));
    const state = joinedStates(model, rows);
    return model.native.generate(
      {
        ...this.#fixed,
        ...{ ids, offsets },
        ...(state !== undefined && { state }),
        rows: shares.map(({ turn: { row, wanted }, fed }) => ({
          ...row.drawing,
          position: row.drawn,
          ...row.constraint?.native,
          count: fed < row.pending.length ? 0 : Math.min(wanted.most, row.constraint?.isStepwise ? 1 : piece),
        })),
      },
      cancellation,
    );
  }

  /** The requested piece, and more pieces if they are drawn soon. */
  #withAhead(piece: number): number {
    if (this.#pace === undefined) return piece;
    return piece * (1 + Math.floor(AHEAD_SECONDS / (piece * this.#pace)));
  }

  #answer(shares: readonly Share[], { ids, state, seconds, cancelled }: NativeGeneration): void {
    // Nobody waits for a call that was cancelled, unless the model is gone.
    if (cancelled) throw cancelledError(this.#model, 'Generation', undefined);
    // Prompts are fed faster than ids are drawn.
    if (shares.every(({ fed }) => fed === 1)) this.#pace = seconds / Math.max(...ids.map(({ length }) => length));
    for (const [i, { turn, fed }] of shares.entries()) {
      if (turn.settled) continue;
      const { row } = turn;
      row.state = stateOf(state, i, shares.length);
      if (fed < row.pending.length) {
        row.pending = row.pending.subarray(fed);
        this.#wait(turn);
        continue;
      }
      const drawn = ids[i] as Int32Array;
      row.pending = drawn.subarray(-1);
      row.drawn += drawn.length;
      row.constraint?.push(drawn);
      row.ahead = drawn;
      turn.resolve(row.take(turn.wanted.piece));
    }
  }
}
