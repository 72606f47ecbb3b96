/** What classifiers share: encoding texts into one array of ids, and training on examples. */

import * as check from '../base/check';
import { giveTurn, inTurns } from '../base/event-loop';
import { MAX_SIZE } from '../base/resource-limits';
import type { Examples } from '../data/examples';
import { abortError } from '../native/cancellation';
import type { Example } from '../text/example';
import { joining } from '../text/part-encoding';
import type { TokenSequences } from '../text/text-vectorizer';
import { type ExampleFit, fitExamples } from '../training/example-training';
import { type EpochResult, readData } from '../training/fit';

/**
 * Texts as ids, with turns for the event loop.
 * @param work what the signal aborts, as its error calls it.
 * @throws ERR_UNROLLED_OPTION_RANGE for more tokens than an offset can count, ERR_UNROLLED_ABORTED, what `encode` throws.
 */
export async function encodeTexts(
  texts: readonly string[],
  encode: (text: string) => Promise<Int32Array>,
  work: string,
  signal: AbortSignal | undefined,
): Promise<TokenSequences> {
  const sequences: Int32Array[] = [];
  const offsets = new Int32Array(texts.length + 1);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    const ids = await encode(text);
    sequences.push(ids);
    end += ids.length;
    if (end > MAX_SIZE) throw check.outOfRange('examples', `texts of at most ${MAX_SIZE} tokens in all`, end);
    offsets[index + 1] = end;
    await giveTurn();
    if (signal?.aborted) throw abortError(work, signal);
  }
  return { ids: await inTurns(joining(sequences)), offsets };
}

/**
 * Trains on examples of texts.
 * @param labelled encodes the examples of an option.
 * @throws the errors of `labelled`, `readData` and `fitExamples`.
 */
export async function* fitTexts(
  run: Pick<ExampleFit<readonly Example[]>, 'model' | 'options' | 'header'>,
  examples: readonly Example[],
  labelled: (option: string, examples: readonly Example[], signal: AbortSignal | undefined) => Promise<Examples>,
): AsyncGenerator<EpochResult, void, undefined> {
  const { signal, validationData } = run.options;
  const { training, validating } = await readData(run, async () => ({
    training: await labelled('examples', examples, signal),
    validating: validationData && (await labelled('validationData', validationData, signal)),
  }));
  yield* fitExamples({ ...run, examples: training, toExamples: async () => validating as Examples });
}
