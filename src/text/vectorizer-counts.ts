/** The counts that a `TextVectorizer` is adapted to: how often each token occurs. */

import * as check from '../base/check';
import { compareCodePoints } from '../base/code-points';
import { UnrolledError } from '../base/errors';
import { giveTurn, inTurns } from '../base/event-loop';
import { sorted } from '../base/sorting';
import { analyzer } from './analyzer';
import { ScriptSample } from './unspaced-script';
import type { ResolvedVectorizerOptions } from './vectorizer-options';

/** Tokens that are counted between two turns of the event loop. */
const PART = 1 << 10;

/** How often each token occurs, in how many texts (counted for tf-idf only), and the number of texts. */
interface VectorizerCounts {
  occurrences: Map<string, number>;
  documents: Map<string, number>;
  texts: number;
  script: ScriptSample;
}

/** Counts how often each token occurs, a little at a time. */
function* countEach(tokens: Iterable<string>, counts: Map<string, number>): Generator<void, void> {
  let counted = 0;
  for (const token of tokens) {
    counts.set(token, (counts.get(token) ?? 0) + 1);
    if (++counted % PART === 0) yield;
  }
}

/**
 * Counts the tokens of texts, with turns for the event loop.
 * @throws ERR_UNROLLED_OPTION_TYPE for what is not a text, ERR_UNROLLED_ABORTED, and what functions of the user throw.
 */
export async function countTokens(
  texts: Iterable<string> | AsyncIterable<string>,
  options: ResolvedVectorizerOptions,
  signal: AbortSignal | undefined,
): Promise<VectorizerCounts> {
  const analyze = analyzer(options);
  const counts: VectorizerCounts = {
    occurrences: new Map(),
    documents: new Map(),
    texts: 0,
    script: new ScriptSample(),
  };
  // A list may change while it is read.
  for await (const text of Array.isArray(texts)
    ? ([...check.list('texts', texts, 'a list of texts', 'a string')] as string[])
    : texts) {
    const tokens = await inTurns(analyze(check.string('texts', text)));
    await inTurns(countEach(tokens, counts.occurrences));
    if (options.output === 'tf-idf') await inTurns(countEach(new Set(tokens), counts.documents));
    counts.script.add(text);
    counts.texts++;
    if (signal?.aborted) {
      throw new UnrolledError('ERR_UNROLLED_ABORTED', 'The vectorizer was aborted while it read the texts', {
        cause: signal.reason,
      });
    }
    await giveTurn();
  }
  return counts;
}

/** The tokens that occur most often, at most `most` of them, by falling frequency and code point. */
export function* mostFrequent(occurrences: ReadonlyMap<string, number>, most: number): Generator<void, string[]> {
  // Numbers sort much faster than tokens: what is rarer than the last that can be kept goes before.
  const fewest = Float64Array.from(occurrences.values()).sort().at(-most) ?? 0;
  const frequent = [...occurrences].filter(([, times]) => times >= fewest);
  const inOrder = yield* sorted(frequent, ([a, timesA], [b, timesB]) => timesB - timesA || compareCodePoints(a, b));
  return inOrder.slice(0, most).map(([token]) => token);
}
