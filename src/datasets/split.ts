/** Examples to train on and examples to validate with. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { roundedCount } from '../base/fractions';
import { phrase, refer } from '../base/messages/phrase';
import { counted } from '../base/messages/plurals';
import { Random, RandomUse } from '../base/random';
import { resolveSeed } from '../base/resource-limits';

/** Options of `split`. */
export interface SplitOptions {
  /** The fraction to validate with, `0 ≤ validation < 1`. Default 0.1. */
  validation?: number | undefined;
  /** The seed of the shuffle. Default 0. */
  seed?: number | undefined;
}

/** The two parts, no example in both. */
export interface Split<T> {
  readonly train: readonly T[];
  readonly validation: readonly T[];
}

/**
 * Parts examples by a seeded shuffle: the last `round(N · validation)` of it validate, the others train, both in the
 * order of the shuffle. With `validation: 0`, all train, in the order they have.
 *
 * The same examples in the same order with the same seed are always split the same way, on every machine.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE;
 *   ERR_UNROLLED_CORPUS_TOO_SHORT if a part would have no example.
 */
export function split<T>(examples: readonly T[], options?: SplitOptions): Split<T> {
  const given = check.options('datasets.split', options, ['validation', 'seed']);
  if (!Array.isArray(examples)) throw check.wrongType('examples', 'an array of examples', examples);
  const validation = check.number('validation', given.validation ?? 0.1, { min: 0, below: 1 });
  const random = new Random(resolveSeed(given.seed), RandomUse.split);
  if (validation === 0) return { train: [...examples], validation: [] };
  const trained = examples.length - roundedCount(examples.length, validation);
  if (trained === 0 || trained === examples.length) {
    throw new UnrolledError(
      'ERR_UNROLLED_CORPUS_TOO_SHORT',
      phrase`${counted(examples.length, 'example')} cannot be split with ${refer.option('validation')} ${validation}: one part would be empty`,
      {
        option: 'validation',
        expected: 'at least one example in each part',
        received: String(validation),
      },
    );
  }
  const shuffled = random.shuffled<T>(examples);
  return { train: shuffled.slice(0, trained), validation: shuffled.slice(trained) };
}
