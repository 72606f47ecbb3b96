/** The distribution of the next token after each token of a text. */

import { withWeightsOfCall } from '../network/weights-of-call';
import { requireFiniteOutputs } from '../tensor/finite-outputs';
import { softmax, type Tensor } from '../tensor/tensor';
import { noTokens, promptIds } from './prompt';
import type { Generator } from './sample';

/** @throws what `LanguageModel.probabilities` throws. */
export async function tokenProbabilities(generator: Generator, text: string): Promise<Tensor<'float32' | 'float64'>> {
  const { model, vocabulary, documents, threads } = generator;
  const { ids, fed, output } = await withWeightsOfCall(model, 'one', async (weights) => {
    const { ids, unknownTokens } = await vocabulary.encodeCountedInTurns(text, undefined);
    const isEmpty = ids.length === 0;
    // The empty text is the beginning of a document.
    if (isEmpty && (unknownTokens > 0 || !documents)) throw noTokens(vocabulary, text, unknownTokens);
    const fed = await promptIds(generator, text, undefined);
    const input = { ids: { dtype: 'int32', shape: [fed.length, 1], data: fed } } as const;
    const { output } = await weights.use((network) => network.forward(input, { threads: threads || undefined }));
    return { ids, fed, output };
  });
  const rows = Math.max(1, ids.length);
  const data = output.data.subarray((fed.length - rows) * vocabulary.size);
  return softmax({ ...output, data: requireFiniteOutputs(data), shape: [rows, vocabulary.size] });
}
