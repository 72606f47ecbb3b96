/** Which training a callback is in: what it remembers is of one at a time. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import type { Callback } from './callback';
import { savesCheckpoints } from './checkpoint';

/** What a training is to its callbacks. */
export interface Holder {
  /** Whether they may be in another training: this one has ended, or never will, its model being disposed. */
  readonly isOver: boolean;
}

/** The last training of each callback. One that was forgotten without being ended holds it until it is collected. */
const holders = new WeakMap<Callback, WeakRef<Holder>>();

/** Callbacks that keep something of their training that is no state, such as an open file. */
const keeping = new WeakSet<Callback>();

/** Lets a callback be in one training at a time. */
export function inOneTraining(callback: Callback): Callback {
  keeping.add(callback);
  return callback;
}

/** Whether a callback remembers something of its training. */
function isStateful(callback: Callback): boolean {
  return (
    keeping.has(callback) ||
    savesCheckpoints(callback) ||
    callback.getState !== undefined ||
    callback.setState !== undefined
  );
}

/** Whether a callback has gone over to another training. */
export function isHeldByOther(callback: Callback, holder: Holder): boolean {
  const held = holders.get(callback)?.deref();
  return held !== undefined && held !== holder;
}

function called({ name }: Callback): string {
  return name === undefined ? 'A callback with a state' : `The callback ${name}`;
}

/**
 * Takes the callbacks that remember something into a training, all of them or none. Others may be in many at once.
 * @throws ERR_UNROLLED_BUSY where one is in a training that has not ended.
 */
export function hold(callbacks: readonly Callback[], holder: Holder): void {
  const stateful = callbacks.filter(isStateful);
  for (const callback of stateful) {
    if (!isHeldByOther(callback, holder) || holders.get(callback)?.deref()?.isOver !== false) continue;
    throw new UnrolledError(
      'ERR_UNROLLED_BUSY',
      `${called(callback)} is in another training that has not ended, and remembers things of one training at a time`,
      {
        advice:
          'Wait until that training ends, leave its loop (or call its return()), or make a callback for each training.',
        option: 'callbacks',
        expected: 'callbacks that are in no other training',
        received: callback.name ?? 'one',
      },
    );
  }
  for (const callback of stateful) holders.set(callback, new WeakRef(holder));
}

/** @throws ERR_UNROLLED_OPTION_RANGE where a callback that remembers something would be told everything twice. */
export function requireOnce(callbacks: readonly Callback[]): readonly Callback[] {
  for (const [index, callback] of callbacks.entries()) {
    const first = callbacks.indexOf(callback);
    if (first === index || !isStateful(callback)) continue;
    throw check.outOfRange(`callbacks[${index}]`, `another callback than callbacks[${first}]`, callback.name);
  }
  return callbacks;
}
