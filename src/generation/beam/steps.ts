/** Beam search by single steps, between which functions say what may come next. */

import { giveTurn } from '../../base/event-loop';
import { cancelledError, withCancellation } from '../../native/cancellation';
import type { NativeBeamOptions, NativeBeamStepOptions, NativeHypothesis } from '../../native/native';
import type { Network } from '../../network/network';
import type { Vocabulary } from '../../text/vocabulary';
import type { Constraint } from '../constraint';
import { joined } from '../prompt';
import type { Generator } from '../sample';

function textOf(vocabulary: Vocabulary, ids: Int32Array): string {
  const decoder = vocabulary.decoder();
  let text = '';
  for (const id of ids) text += decoder.push(id);
  return text;
}

/** By falling score, of equals the lower ids first, as a search that is made at once has them. */
function compare(a: NativeHypothesis, b: NativeHypothesis): number {
  if (a.score !== b.score) return b.score - a.score;
  const place = a.ids.findIndex((id, i) => id !== b.ids[i]);
  if (place < 0) return a.ids.length - b.ids.length;
  return (a.ids[place] as number) - (b.ids[place] ?? Number.NEGATIVE_INFINITY);
}

/** What the next step goes on from; one is followed at least, and all are of one length. */
function progress(live: readonly NativeHypothesis[], ended: number, state: Float32Array | Float64Array) {
  const { length } = (live[0] as NativeHypothesis).ids;
  return {
    ids: joined(...live.map(({ ids }) => ids)),
    offsets: Int32Array.from({ length: live.length + 1 }, (_, i) => i * length),
    logProbabilities: Float64Array.from(live, ({ logProbability }) => logProbability),
    biases: Float64Array.from(live, ({ bias }) => bias),
    ...{ ended, state },
  };
}

/**
 * Searches with the weights that the model has when the search begins.
 * @throws what `Constraint.at` throws, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_ABORTED,
 *   ERR_UNROLLED_DISPOSED.
 */
export async function searchByStep(
  generator: Generator,
  prompt: string,
  call: NativeBeamOptions,
  constraint: Constraint,
  signal: AbortSignal | undefined,
): Promise<NativeHypothesis[]> {
  const { drawer } = generator;
  const search = {};
  const weights = () => drawer.kept(search);
  try {
    weights();
    return await searchWith(weights, generator, prompt, call, constraint, signal);
  } finally {
    drawer.end(search);
  }
}

/** @param weights the model that has them, where it is another. */
async function searchWith(
  weights: () => Promise<Network> | undefined,
  { model, vocabulary }: Generator,
  prompt: string,
  call: NativeBeamOptions,
  constraint: Constraint,
  signal: AbortSignal | undefined,
): Promise<NativeHypothesis[]> {
  const ended: NativeHypothesis[] = [];
  let live: NativeHypothesis[] = [];
  let from: NativeBeamStepOptions['from'];
  for (let step = 0; step < call.length; step++) {
    const followed = step === 0 ? [new Int32Array(0)] : live.map(({ ids }) => ids);
    const bias = new Float64Array(followed.length * vocabulary.size);
    for (const [row, ids] of followed.entries()) {
      const { length: position } = ids;
      const drawn = constraint.at({
        ...{ prompt, index: 0, position, text: textOf(vocabulary, ids) },
        get ids() {
          return ids.slice();
        },
      });
      bias.set(drawn, row * vocabulary.size);
      await giveTurn();
    }
    const options = { ...call, bias, ...(from !== undefined && { from }) };
    const kept = weights();
    const { native } = kept === undefined ? model : await kept;
    const result = await withCancellation(signal, (cancellation) => native.beamStep(options, cancellation));
    if (result.cancelled) throw cancelledError(model, 'Beam search', signal);
    ended.push(...result.ended);
    live = result.live;
    if (live.length === 0) break;
    from = progress(live, ended.length, result.state);
  }
  return [...ended, ...live].sort(compare);
}
