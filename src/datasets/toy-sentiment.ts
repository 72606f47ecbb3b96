import { compareCodePoints } from '../base/code-points';
import { type Phrase, TEST_PHRASES, TRAIN_PHRASES } from './toy-sentiment-data';

/** 58 phrases to train on and 20 to test with, each positive (1) or negative (0). */
export interface ToySentiment {
  /** 58 phrases. */
  train: readonly Phrase[];
  /** 20 phrases. */
  test: readonly Phrase[];
  /** The 18 distinct words of both, sorted. */
  words: readonly string[];
}

/** The toy sentiment set of the from-scratch RNN tutorials. */
export function toySentiment(): ToySentiment {
  const words = [...TRAIN_PHRASES, ...TEST_PHRASES].flatMap(({ text }) => text.split(' '));
  return { train: TRAIN_PHRASES, test: TEST_PHRASES, words: [...new Set(words)].sort(compareCodePoints) };
}
