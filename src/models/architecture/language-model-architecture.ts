/** The architecture of a language model: from options and a vocabulary, from a file, or from a file and options. */

import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer } from '../../base/messages/phrase';
import { damagedHeader, sortedJson } from '../../network/model-file';
import type { Vocabulary } from '../../text/vocabulary';
import type { Architecture, NetworkOptions } from './network-options-table';
import { ARCHITECTURE_OPTIONS, NETWORK_ROWS } from './network-options-table';
import { completeOutput, withoutOutput } from './softmax-head';
import { resolveArchitecture } from './text-architecture';

/**
 * The architecture of a file, combined with the given options. The options must be valid. Options that weights depend
 * on must agree with the file.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the option, and the errors of `resolveArchitecture`.
 */
export function adopted(path: string, architecture: Architecture, options: NetworkOptions): Architecture {
  const given = ARCHITECTURE_OPTIONS.filter((option) => options[option] !== undefined);
  const asked = Object.fromEntries(given.map((option) => [option, options[option]]));
  const isOther = options.output !== undefined && options.output !== (architecture.output ?? 'exact');
  // A softmax trained exactly and one trained by samples have the same weights: either may become the other.
  const isExchange = isOther && options.output !== 'adaptive' && architecture.output !== 'adaptive';
  const result = resolveArchitecture({ ...(isOther ? withoutOutput(architecture) : architecture), ...asked });
  for (const option of given) {
    if (NETWORK_ROWS[option].isWeightless || (isExchange && option === 'output')) continue;
    if (sortedJson({ value: result[option] }) === sortedJson({ value: architecture[option] })) continue;
    const [expected, received] = [check.show(architecture[option] ?? false), check.show(options[option])];
    throw new UnrolledError(
      'ERR_UNROLLED_MODEL_MISMATCH',
      phrase`${path} has ${refer.option(option)} ${expected}, but ${received} was requested`,
      { advice: "Leave the option out to use the file's value.", option, expected, received },
    );
  }
  return result;
}

/**
 * The architecture with a softmax over that vocabulary.
 * @throws ERR_UNROLLED_OPTION_RANGE if nobody knows how frequent its tokens are.
 */
export function withOutput(
  architecture: Architecture,
  vocabulary: Vocabulary,
  given: ArrayLike<number> | undefined,
): Architecture {
  const { output } = architecture;
  if (output === undefined) {
    if (given !== undefined) throw check.outOfRange('frequencies', 'left out when output is exact', given);
    return architecture;
  }
  if (given !== undefined) requireFrequencies(given, vocabulary.size);
  const frequencies = given ?? vocabulary.frequencies;
  // The ids of words are ordered by frequency, no matter who counted them.
  if (frequencies === undefined && vocabulary.kind !== 'word') {
    throw check.outOfRange(
      'output',
      'exact, because the frequencies of the tokens are unknown: give frequencies, or a vocabulary built from a text',
      output,
    );
  }
  return completeOutput(architecture, { classes: vocabulary.size, frequencies });
}

function requireFrequencies(frequencies: ArrayLike<number>, size: number): void {
  if (typeof frequencies !== 'object' || frequencies === null || typeof frequencies.length !== 'number') {
    throw check.wrongType('frequencies', 'an array of numbers', frequencies);
  }
  if (frequencies.length !== size) throw check.outOfRange('frequencies', `${size} numbers, one per id`, frequencies);
  for (let id = 0; id < size; id++) check.number(`frequencies[${id}]`, frequencies[id], { min: 0 });
}

/**
 * A file's architecture with its softmax, whose ranks are the file's own.
 * @throws ERR_UNROLLED_MODEL_FORMAT for ranks that are damaged.
 */
export function completedFrom(path: string, architecture: Architecture, { size }: Vocabulary): Architecture {
  try {
    return completeOutput(architecture, { classes: size });
  } catch (error) {
    throw damagedHeader(path, error);
  }
}

/** The error for a vocabulary that a file's model was not made for. */
export function otherVocabulary(path: string, stored: Vocabulary, given: Vocabulary): UnrolledError {
  let what = 'the order of the tokens differs';
  const difference = stored.firstDifference(given);
  if (stored.kind !== given.kind) what = `its tokens are of kind ${stored.kind}, not ${given.kind}`;
  else if (difference?.isHere) what = `it has ${difference.shown}, which the text's vocabulary lacks`;
  else if (difference) what = `it lacks ${difference.shown}, which the text's vocabulary has`;
  else if ((stored.unknownId === undefined) !== (given.unknownId === undefined)) {
    what = 'one has an unknown token and the other does not';
  } else if (stored.size !== given.size) what = 'one has an end-of-document token and the other does not';
  const fault = `${path} was trained with another vocabulary: ${what}`;
  return new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', fault, { option: 'vocabulary' });
}
