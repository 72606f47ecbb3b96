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
 * Lets the event loop have a turn where it may have had none for a while. Without it, calls whose answers are there at
 * once follow one another in promises alone, and Node.js takes up to a thousand answers of an addon in one turn.
 */
export async function giveTurn(): Promise<void> {
  if (now() - lastTurn < LONGEST) return;
  turn ??= nextTurn().then(() => {
    lastTurn = now();
    turn = undefined;
  });
  await turn;
}

/** Does work to its end, with a turn of the event loop where it yields and one is due. */
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

/** What a list takes beside its elements, as elements. */
const LIST_WORK = 16;

/** Where a loop over data, which may be as large as memory, lets the event loop have its turn. */
export class Pace {
  #left = ELEMENTS_PER_LOOK;

  /** Whether to `giveTurn` now, a list of so many elements later. */
  isDue(elements: number): boolean {
    this.#left -= elements + LIST_WORK;
    if (this.#left > 0) return false;
    this.#left = ELEMENTS_PER_LOOK;
    return true;
  }
}
