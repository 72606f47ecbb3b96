/** What comes from elsewhere, in the words of a message: errors of the system, of a library, of a caller's function. */

import { isError } from '../builtins';
import { show } from '../check';
import { UnrolledError } from '../errors';

/** What others say, without the full stop at its end: so it can stand within a sentence. */
export function withoutStop(said: string): string {
  const text = said.trim();
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Why something failed, to stand within a sentence: of an error of the package its fault, of another its message. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof UnrolledError) return thrown.fault;
  return withoutStop(isError(thrown) ? thrown.message : show(thrown));
}
