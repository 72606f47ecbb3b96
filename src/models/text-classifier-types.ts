/** The options and results of `TextClassifier`. */

import type { Example } from '../text/example';
import type { TextVectorizer } from '../text/text-vectorizer';
import type { ExampleFitOptions } from '../training/options/example-options';
import type { ClassifierNetworkOptions } from './architecture/classifier-options-table';

/** Options of a new classifier. */
export interface TextClassifierOptions extends ClassifierNetworkOptions {
  /** Turns texts into ids: one with `output: 'int'`. Its `sequenceLength` cuts long texts. */
  vectorizer: TextVectorizer;
  /** The name of each class, at least two; examples have its place in this list as their label. */
  classNames: readonly string[];
  /** Threads to compute with; the pool's default where absent. The results do not depend on it. */
  threads?: number | undefined;
}

/** Options of `TextClassifier.fit`: by default 10 epochs, batches of 32, Adam with a learning rate of 0.01. */
export interface TextClassifierFitOptions extends ExampleFitOptions<readonly Example[]> {
  /**
   * Whether the model gets the weights of the epoch with the lowest validation loss when training ends: regularly, by a
   * signal, by an error or by leaving the loop. True by default if there is validation data.
   */
  keepBest?: boolean | undefined;
}

/** Options of `evaluate` and `predict`. */
export interface TextClassifierComputeOptions {
  /** Most texts computed at a time; 32 by default. */
  batch?: number | undefined;
  threads?: number | undefined;
  /** Ends the work with ERR_UNROLLED_ABORTED. */
  signal?: AbortSignal | undefined;
}

/** How well a classifier does on examples. */
export interface TextClassifierScore {
  /** Mean cross-entropy in nats per example. */
  loss: number;
  /** Fraction of the examples whose likeliest class is their label. */
  accuracy: number;
  /** Number of examples of class i that were predicted as class j: `confusion[i][j]`. */
  confusion: number[][];
}

/** The class of a text. */
export interface TextPrediction {
  /** The likeliest class. */
  label: number;
  className: string;
  /** Figures of that class. */
  probability: number;
  /** One a class. */
  probabilities: number[];
  /**
   * Tokens of the text, as far as it is read, that the vectorizer knows. Where it is 0 the model has seen nothing of the
   * text, and its class says nothing of it.
   */
  knownTokens: number;
  /** Tokens it does not know, which are all alike to the model; 0 too of a text without any token. */
  unknownTokens: number;
}
