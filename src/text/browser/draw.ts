/** Drawing tokens from the scores of a model, as `sample` does: the same seed draws the same tokens. */

import * as check from '../../base/check';
import { Random, RandomUse } from '../../base/random';

/** Options of `drawToken`. */
export interface DrawOptions {
  /** 1 by default; 0 takes the likeliest. */
  temperature?: number | undefined;
  /** Draws among that many of the likeliest tokens. */
  topK?: number | undefined;
  /** Draws among the likeliest tokens whose probabilities together reach this. */
  topP?: number | undefined;
  /** A whole number; 0 by default. */
  seed?: number | undefined;
  /** Number of tokens that the text has had drawn before; 0 by default. */
  position?: number | undefined;
  /** Ids that are never drawn: the unknown token, for one. */
  excluded?: readonly number[] | undefined;
}

const OPTIONS = [
  'temperature',
  'topK',
  'topP',
  'seed',
  'position',
  'excluded',
] as const satisfies (keyof DrawOptions)[];

/** Numbers by id. */
export type Scores = Float32Array | Float64Array | readonly number[];

function requireScores(logits: Scores): Scores {
  check.arrayLike('logits', logits, 'a list of numbers, one per token');
  if (logits.length === 0) throw check.outOfRange('logits', 'at least one number', 'none');
  for (let id = 0; id < logits.length; id++) check.number(`logits[${id}]`, logits[id]);
  return logits;
}

/**
 * The probability of each token: the softmax of the logits.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE for none, and for one that is no finite number.
 */
export function tokenProbabilities(logits: Scores): Float64Array {
  const scores = requireScores(logits);
  const best = largest(scores);
  const weights = Float64Array.from(scores, (logit) => Math.exp(logit - best));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function largest(scores: Scores): number {
  let best = scores[0] as number;
  for (let id = 1; id < scores.length; id++) best = Math.max(best, scores[id] as number);
  return best;
}

/** Options of a draw, checked, and the ids that may be drawn. */
function resolve(options: DrawOptions | undefined, count: number) {
  const given = check.options('drawToken', options, OPTIONS);
  const { temperature = 1, topK = 0, topP = 1, seed = 0, position = 0, excluded = [] } = given;
  const excludes = new Set(check.integers('excluded', excluded, { min: 0 }));
  const allowed = Array.from({ length: count }, (_, id) => id).filter((id) => !excludes.has(id));
  if (allowed.length === 0) throw check.outOfRange('excluded', `fewer than ${count} ids`, 'all of them');
  return {
    temperature: check.number('temperature', temperature, { min: 0 }),
    topK: check.integer('topK', topK, { min: 0 }),
    topP: check.number('topP', topP, { above: 0, max: 1 }),
    random: new Random(
      check.integer('seed', seed, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      RandomUse.sampling,
      check.integer('position', position, { min: 0 }),
    ),
    allowed,
  };
}

/**
 * Draws a token: what `LanguageModel.sample` draws by that seed at that position, from the same logits. In a text each
 * token is drawn at its own position.
 * @param logits `[V]`, one row of an exported model's output.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option.
 */
export function drawToken(logits: Scores, options?: DrawOptions): number {
  const scores = requireScores(logits);
  const { temperature, topK, topP, random, allowed } = resolve(options, scores.length);
  const score = (id: number) => scores[id] as number;
  // Ties go to the smaller id.
  const byFalling = (a: number, b: number) => score(b) - score(a) || a - b;
  const best = allowed.reduce((most, id) => (byFalling(id, most) < 0 ? id : most));
  if (temperature === 0) return best;
  const weightOf = (id: number) => Math.exp((score(id) - score(best)) / temperature);
  let candidates = allowed;
  if (topK > 0 && topK < candidates.length) {
    candidates = [...candidates]
      .sort(byFalling)
      .slice(0, topK)
      .sort((a, b) => a - b);
  }
  let weights = candidates.map(weightOf);
  let total = weights.reduce((sum, weight) => sum + weight, 0);
  if (topP < 1) {
    const asked = topP * total;
    candidates = [...candidates].sort(byFalling);
    weights = [];
    total = 0;
    for (let i = 0; i < candidates.length && (i === 0 || total < asked); i++) {
      weights.push(weightOf(candidates[i] as number));
      total += weights[i] as number;
    }
  }
  let left = random.uniform() * total;
  const drawn = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return candidates[drawn === -1 ? weights.length - 1 : drawn] as number;
}
