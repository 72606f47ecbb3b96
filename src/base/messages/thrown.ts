/** Words for thrown values from elsewhere: the system, a library, a caller's function. */

import { isError } from '../builtins';
import { show } from '../check';
import { UnrolledError } from '../errors';

/** The message of a foreign error without its full stop, so that it fits into a sentence. */
export function withoutStop(said: string): string {
  const text = said.trim();
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Why something failed, as part of a sentence: the fault of an error of the package, the message of any other. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof UnrolledError) return thrown.fault;
  return withoutStop(isError(thrown) ? thrown.message : show(thrown));
}
