/** `exportOnnx`: a network as an ONNX file, for other runtimes. */

import * as check from '../base/check';
import { inTurns } from '../base/event-loop';
import { stringifying } from '../base/json/json-writer';
import { planOf } from '../layers/plan';
import type { Network } from '../network/network';
import { requireFiniteParameters } from '../tensor/finite';
import { writeOnnx } from './model-file';
import { networkGraph } from './network-graph';
import { type Form, type OnnxOptions, resolveOnnx } from './options';

/** What a model says of itself beside its layers. */
export interface Exported {
  /** The form where none is asked for. */
  readonly form: Form;
  /** What turns texts into ids, and outputs into answers, as plain data: `unrolled.NAME` in the file. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The form of a model of layers. */
export function defaultForm({ description }: Network): Form {
  return planOf(description).once || description.source !== undefined ? 'lengths' : 'sequence';
}

/**
 * Writes a network, whole or not at all; of a whole step while it trains.
 * @param mostBytes of weights in the file itself, for tests.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_EXPORT naming the
 *   layer that cannot leave, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
 */
export async function exportNetwork(
  network: Network,
  path: string,
  options: OnnxOptions | undefined,
  { form, facts }: Exported,
  mostBytes?: number,
): Promise<void> {
  check.nonEmptyString('path', path);
  const resolved = resolveOnnx(options, form);
  network.requireAlive();
  const parameters = await network.parameters();
  const graph = networkGraph(network.description, parameters, resolved);
  await requireFiniteParameters(`${path} is not written: `, parameters);
  const metadata: Record<string, string> = {};
  for (const [name, fact] of Object.entries(facts)) {
    if (fact !== undefined) metadata[`unrolled.${name}`] = await inTurns(stringifying(fact));
  }
  await writeOnnx(path, graph, metadata, mostBytes);
}
