/** Training on examples, judging by them, and answers for them. */

import { UnrolledError } from '../base/errors';
import { roundedCount } from '../base/fractions';
import { phrase, refer } from '../base/messages/phrase';
import { counted } from '../base/messages/wording';
import { Random, RandomUse } from '../base/random';
import { type Examples, exampleCount, inBatches, pickExamples } from '../data/examples';
import { classifies } from '../data/source';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { NativeEvaluation, NativeExamples, NativeSource } from '../native/native';
import type { ModelHeader } from '../network/model-file';
import type { Network } from '../network/network';
import { isCutInDoubles } from './checkpoint/checkpoint-file';
import type { Checkpoint } from './checkpoint/record';
import { type EpochResult, runTraining } from './fit';
import type { ResolvedExampleFit } from './options/example-options';

/** A score over data. */
export interface Score {
  /** Mean loss: of cross-entropies in nats. Over targets for cross-entropy, else over targets times outputs. */
  loss: number;
  /** Fraction that was the likeliest class, or on the right side of one half; not for squared errors. */
  accuracy?: number;
  /** Targets it is the mean of, times outputs unless it is cross-entropy. */
  count: number;
}

/** Parts examples by a seeded shuffle, the last ones being those that validate; both in the order of the shuffle. */
async function split(
  examples: Examples,
  validation: number,
  seed: number,
  resumed: Checkpoint | undefined,
): Promise<{ train: Examples; validate: Examples }> {
  const count = exampleCount(examples);
  const inDoubles = resumed !== undefined && isCutInDoubles(resumed);
  const trained = count - (inDoubles ? Math.round(count * validation) : roundedCount(count, validation));
  if (trained === 0 || trained === count) {
    throw new UnrolledError(
      'ERR_UNROLLED_CORPUS_TOO_SHORT',
      phrase`${counted(count, 'example')} cannot be parted by ${refer.option('validation')} ${validation}: one part would be empty`,
      {
        option: 'validation',
        expected: 'at least one example in each part',
        received: String(validation),
      },
    );
  }
  const order = await new Random(seed, RandomUse.split).shuffledInTurns(
    Array.from({ length: count }, (_, index) => index),
  );
  return {
    train: await pickExamples(examples, order.slice(0, trained)),
    validate: await pickExamples(examples, order.slice(trained)),
  };
}

/** A fit with everything checked. `toExamples` converts what validates. */
export interface ExampleFit<Data> {
  model: Network;
  examples: Examples;
  options: ResolvedExampleFit<Data>;
  header: ModelHeader;
  toExamples: (data: Data) => Promise<Examples>;
}

/** Examples in their order, for a score. */
export function inOrder(examples: Examples, batch: number): NativeExamples {
  return inBatches(examples, { batch, shuffle: false, bucketing: 0 });
}

/**
 * The examples that train, and those of them that validate where a fraction was asked for.
 * @throws ERR_UNROLLED_CORPUS_TOO_SHORT.
 */
export async function partsOf(
  examples: Examples,
  { validation, native, resumed }: Pick<ResolvedExampleFit<unknown>, 'validation' | 'native' | 'resumed'>,
): Promise<{ train: Examples; validate?: Examples }> {
  return validation > 0 ? split(examples, validation, native.seed, resumed) : { train: examples };
}

/** @throws what `runTraining` throws, ERR_UNROLLED_CORPUS_TOO_SHORT. */
export async function* fitExamples<Data>(fit: ExampleFit<Data>): AsyncGenerator<EpochResult, void, undefined> {
  const { model, examples, options, header, toExamples } = fit;
  const { validationData, batching } = options;
  const parts = await partsOf(examples, options);
  const validate = parts.validate ?? (validationData && (await toExamples(validationData)));
  const validated = validate && inOrder(validate, batching.batch);
  yield* runTraining({
    model,
    source: inBatches(parts.train, batching) as NativeSource,
    options,
    header,
    validate:
      validated &&
      ((cancellation, sharing) => model.native.evaluateExamples({ source: validated, ...sharing }, cancellation)),
  });
}

function scoreOf({ lossSum, count, correct }: NativeEvaluation, source: NativeExamples): Score {
  return { loss: lossSum / count, ...(classifies(source) && { accuracy: correct / count }), count };
}

/** @throws ERR_UNROLLED_ABORTED, ERR_UNROLLED_DISPOSED. */
export async function scoreExamples(
  model: Network,
  source: NativeExamples,
  threads: number,
  signal: AbortSignal | undefined,
): Promise<Score> {
  const result = await withCancellation(signal, (cancellation) =>
    model.native.evaluateExamples({ source, threads }, cancellation),
  );
  if (result.cancelled) throw cancelledError(model, 'Evaluation', signal);
  return scoreOf(result, source);
}
