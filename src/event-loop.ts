/** Turns of the event loop between native calls that are soon over. */

/** The longest that a chain of them keeps timers and input waiting, about: milliseconds. */
const LONGEST = 4;

let lastTurn = 0;
let turn: Promise<void> | undefined;

/**
 * Lets the event loop have a turn where it may have had none for a while. Without it, calls whose answers are there at
 * once follow one another in promises alone, and Node.js takes up to a thousand answers of an addon in one turn.
 */
export async function giveTurn(): Promise<void> {
  if (performance.now() - lastTurn < LONGEST) return;
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      lastTurn = performance.now();
      turn = undefined;
      resolve();
    });
  });
  await turn;
}
