/** Turns of the event loop between native calls that are soon over. */

import { setImmediate } from 'node:timers';

/** The longest that a chain of them keeps timers and input waiting, about: milliseconds. */
const LONGEST = 4;

// Kept before a test puts fake timers in their place, which would never let the work continue.
const { nextTick } = process;
const immediate = setImmediate;
const now = performance.now.bind(performance);

let lastTurn = 0;
let turn: Promise<void> | undefined;

/** Resolves after a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => immediate(resolve));
}

/**
 * Resolves when all promises that were settled have been heard of, however long the chain of those who wait for one
 * another; a turn of the event loop would cost as much as a small model's call.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

/**
 * Gives the event loop a turn if it had none for a while. Calls whose answers are ready at once follow one another in
 * promises, without a turn, and Node.js takes up to a thousand answers of an addon in one turn.
 */
export async function giveTurn(): Promise<void> {
  if (now() - lastTurn < LONGEST) return;
  turn ??= nextTurn().then(() => {
    lastTurn = now();
    turn = undefined;
  });
  await turn;
}

/** Runs a generator to its end. The event loop has a turn at a `yield` if one is due. */
export async function inTurns<Result>(work: Generator<void, Result>): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await giveTurn();
  }
}

/** Does the same work at once. */
export function atOnce<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Elements of data that a loop handles between two looks at the clock. */
export const ELEMENTS_PER_LOOK = 2 ** 15;

/** Cost of a list itself, counted in elements. */
const LIST_WORK = 16;

/** Gives turns to the event loop in a loop over data that may be as large as memory. */
export class Pace {
  #left = ELEMENTS_PER_LOOK;

  /** Whether to call `giveTurn` now, after another `elements` elements. */
  isDue(elements: number): boolean {
    this.#left -= elements + LIST_WORK;
    if (this.#left > 0) return false;
    this.#left = ELEMENTS_PER_LOOK;
    return true;
  }
}
