/** What generation takes from a vocabulary: where text begins, where it ends, and what is never drawn. */

import { UnrolledError } from '../errors';
import type { Vocabulary } from '../text/vocabulary';
import type { ResolvedStop } from './options';

/** An empty prompt starts like a new line, or with the first id where the vocabulary has no line end. */
export function startIds(vocabulary: Vocabulary, prompt: string): Int32Array {
  const ids = vocabulary.encode(prompt);
  return ids.length > 0 ? ids : Int32Array.of(vocabulary.id('\n') ?? 0);
}

/** The same of several prompts; an error names the one it is about. */
export function startIdsOfAll(vocabulary: Vocabulary, prompts: readonly string[]): Int32Array[] {
  return prompts.map((prompt, i) => {
    try {
      return startIds(vocabulary, prompt);
    } catch (error) {
      if (!(error instanceof UnrolledError)) throw error;
      const { code, message, expected, received } = error;
      throw new UnrolledError(code, `prompts[${i}]: ${message}`, {
        option: `prompts[${i}]`,
        ...(expected !== undefined && { expected }),
        ...(received !== undefined && { received }),
        cause: error,
      });
    }
  });
}

/** The id of the token that ends a document, -1 for a vocabulary without one. */
export function endIdOf({ endId }: Vocabulary): number {
  return endId ?? -1;
}

/** What ends a text, as the texts of the vocabulary have it. */
export function stopIn(vocabulary: Vocabulary, { strings, include }: ResolvedStop): ResolvedStop {
  return { strings: strings.map((string) => vocabulary.formed(string)), include };
}

/** The unknown token, which stands for no text. */
export function excludedIds({ unknownId }: Vocabulary): Int32Array {
  return Int32Array.from(unknownId === undefined ? [] : [unknownId]);
}
