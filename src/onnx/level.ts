/** One layer of a stack of recurrent layers, and what comes of it. */

import type { RecurrentDescription } from '../native/native';
import type { Value } from './context';
import type { Name } from './graph';

/** One layer of a stack, in one direction or in both. */
export interface Level {
  readonly layer: RecurrentDescription;
  /** What its parameters and states end in, one for each direction. */
  readonly suffixes: readonly string[];
  readonly input: Value;
}

/** What a direction gives: outputs `[T, B, H]` and final states `[B, H]`. */
export interface Direction {
  readonly output: Name;
  readonly h: Name;
  readonly c?: Name;
}
