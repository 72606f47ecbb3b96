/** Variables of the environment that choose how the package computes. One that is empty is as one that is not there. */

import { outOfRange } from './check';
import type { UnrolledError } from './errors';

/** What each of them may be. */
const VARIABLES = {
  UNROLLED_THREADS: [/^[1-9][0-9]*$/, 'a whole number at least 1'],
  UNROLLED_KERNELS: [/^blas$/, 'blas, or left out'],
  UNROLLED_BF16: [/^reference$/, 'reference, or left out'],
  UNROLLED_MPI: [/^[^\0]+$/, 'the file or the name of an MPI library'],
  UNROLLED_IDS_LIMIT: [/^[0-9]+$/, 'a whole number of bytes'],
} as const satisfies Record<string, readonly [RegExp, string]>;

export type Variable = keyof typeof VARIABLES;

/**
 * The value of a variable; undefined where it is not set, or empty.
 * @throws ERR_UNROLLED_OPTION_RANGE naming it.
 */
export function environmentVariable(name: Variable): string | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  const [form, expected] = VARIABLES[name];
  if (form.test(value)) return value;
  throw outOfRange(name, expected, value);
}

/** The errors of all variables that are set to what they cannot be. */
export function environmentFaults(): UnrolledError[] {
  return (Object.keys(VARIABLES) as Variable[]).flatMap((name) => {
    try {
      environmentVariable(name);
      return [];
    } catch (error) {
      return [error as UnrolledError];
    }
  });
}
