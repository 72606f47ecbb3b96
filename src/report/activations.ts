/** What the units of the recurrent layers put out over a text. */

import type { LanguageModel } from '../language-model';
import type { LayerDescription } from '../native/native';
import { beginning, isRecurrent, requireTokens } from './chain';
import type { ReportActivations } from './record';

/** Tokens of a text, as they are shown; the id for unseen input has no text. */
const UNKNOWN = '\ufffd';

/** Every recurrent layer, a stack one by one, with the chain that ends in it. */
function chains(layers: readonly LayerDescription[]): { title: string; layers: LayerDescription[] }[] {
  return layers.flatMap((layer, index) => {
    if (!isRecurrent(layer)) return [];
    return Array.from({ length: layer.layers }, (_, level) => ({
      title: layer.layers === 1 ? `${layer.name} (${layer.type})` : `${layer.name} layer ${level + 1} (${layer.type})`,
      layers: [...layers.slice(0, index), { ...layer, layers: level + 1 }],
    }));
  });
}

/**
 * The outputs of each recurrent layer of a language model after each token of a text, from a zero state.
 * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_RANGE for a text without tokens, ERR_UNROLLED_DISPOSED.
 */
export async function collectActivations(language: LanguageModel, text: string): Promise<ReportActivations[]> {
  const { model, vocabulary } = language;
  const ids = vocabulary.encode(text);
  requireTokens(ids.length, 1);
  const names = vocabulary.toJSON().tokens;
  const tokens = Array.from(ids, (id) => names[id] ?? UNKNOWN);
  const collected: ReportActivations[] = [];
  for (const { title, layers } of chains(model.description.layers)) {
    using part = await beginning(model, layers);
    const { output } = await part.forward({ ids: { dtype: 'int32', shape: [ids.length, 1], data: ids } });
    const features = output.shape[2] as number;
    const units = tokens.map((_, time) => output.data.slice(time * features, (time + 1) * features));
    collected.push({ layer: title, tokens, units });
  }
  return collected;
}
