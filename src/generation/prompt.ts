/** What generation takes from a vocabulary: where text begins, where it ends, and what is never drawn. */

import { UnrolledError } from '../errors';
import type { Vocabulary } from '../text/vocabulary';
import type { ResolvedStop } from './options';

/** An empty prompt starts like a new line, or with the first id where the vocabulary has no line end. */
export async function startIds(
  vocabulary: Vocabulary,
  prompt: string,
  signal: AbortSignal | undefined,
): Promise<Int32Array> {
  const { ids } = await vocabulary.encodeCountedInTurns(prompt, signal);
  return ids.length > 0 ? ids : Int32Array.of(vocabulary.id('\n') ?? 0);
}

/** The same of several prompts; an error names the one it is about. */
export async function startIdsOfAll(
  vocabulary: Vocabulary,
  prompts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Int32Array[]> {
  const all: Int32Array[] = [];
  for (const [i, prompt] of prompts.entries()) {
    try {
      all.push(await startIds(vocabulary, prompt, signal));
    } catch (error) {
      if (!(error instanceof UnrolledError) || error.code === 'ERR_UNROLLED_ABORTED') throw error;
      const { code, message, expected, received } = error;
      throw new UnrolledError(code, `prompts[${i}]: ${message}`, {
        option: `prompts[${i}]`,
        ...(expected !== undefined && { expected }),
        ...(received !== undefined && { received }),
        cause: error,
      });
    }
  }
  return all;
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
