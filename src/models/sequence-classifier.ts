/** A classifier of texts (many-to-one): recurrent layers, the last state, and a softmax over classes. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { MAX_SIZE } from '../base/limits';
import type { Examples } from '../data/examples';
import { withCancellation } from '../native/cancellation';
import { damagedHeader, type ModelFile, type ModelHeader, readModelFile } from '../network/model-file';
import { withWeightsOfCall } from '../network/weights-of-call';
import type { Exported } from '../onnx/export';
import { requireFiniteOutputs } from '../tensor/finite-outputs';
import { argMax, row, type Tensor } from '../tensor/tensor';
import type { Example } from '../text/example';
import type { TokenSequences } from '../text/text-vectorizer';
import { Vocabulary } from '../text/vocabulary';
import { WordList } from '../text/word-list';
import type { EpochResult } from '../training/fit';
import { type ExampleFitOptions, resolveExampleFit } from '../training/options/example-options';
import { forModel, readResumed } from '../training/options/options';
import { Training } from '../training/training';
import type { Architecture, NetworkOptions } from './architecture/network-options-table';
import {
  type BuiltNetwork,
  buildNetwork,
  describeNetwork,
  NETWORK_OPTIONS,
  resolveArchitecture,
  type Task,
} from './architecture/text-architecture';
import { encodeTexts, fitTexts } from './labelled-texts';
import { headerOf, readHeader, readVocabulary } from './model-header';
import { restoreNetwork, TextNetwork } from './text-network';

/** Options of a new classifier. */
export interface SequenceClassifierOptions extends NetworkOptions {
  vocabulary: WordList | Vocabulary;
  /** Number of classes, at least 2. */
  classes: number;
  /**
   * Of a vanilla RNN: step back through time with `W_hh` where the chain rule needs its transpose, the error of a
   * published tutorial. Kept for comparison; files say so.
   */
  untransposedGradient?: boolean | undefined;
}

/** Options of `SequenceClassifier.fit`; a batch has one example by default. */
export type ClassifierFitOptions = ExampleFitOptions<readonly Example[]>;

/** What `SequenceClassifier.evaluate` gives. */
export interface Accuracy {
  /** Mean cross-entropy in nats per example. */
  loss: number;
  /** Fraction of the examples whose likeliest class is their label. */
  accuracy: number;
}

/** What `SequenceClassifier.predict` gives for a text. */
export interface Prediction {
  /** The likeliest class. */
  label: number;
  /** One a class. */
  probabilities: number[];
}

const KIND = 'sequence-classifier';

/** Texts whose classes are computed at a time. */
const PREDICTION_BATCH = 32;

async function vocabularyFromJSON(value: unknown): Promise<WordList | Vocabulary> {
  return (value as { kind?: unknown } | null)?.kind === 'words' ? WordList.fromJSON(value) : Vocabulary.restore(value);
}

/** A classifier of texts (many-to-one): embedding, recurrent layers, the last state, and a softmax over classes. */
export class SequenceClassifier extends TextNetwork<WordList | Vocabulary> {
  readonly classes: number;
  readonly #untransposedGradient: boolean;

  private constructor(
    vocabulary: WordList | Vocabulary,
    task: Task,
    architecture: Architecture,
    network: BuiltNetwork,
  ) {
    super(vocabulary, architecture, network);
    this.classes = task.outputs;
    this.#untransposedGradient = task.untransposedGradient === true;
  }

  /**
   * A classifier with fresh weights.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option,
   *   ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated.
   */
  static create(options: SequenceClassifierOptions): SequenceClassifier {
    const known = ['vocabulary', 'classes', 'untransposedGradient', ...NETWORK_OPTIONS] as const;
    const given = check.options('SequenceClassifier', options, known);
    const expected = 'a WordList or a Vocabulary';
    const vocabulary = check.instance<WordList | Vocabulary>(
      'vocabulary',
      given.vocabulary,
      expected,
      WordList,
      Vocabulary,
    );
    const classes = check.integer('classes', given.classes, { min: 2, max: MAX_SIZE });
    const architecture = resolveArchitecture(given);
    if (architecture.tied)
      throw check.outOfRange('tied', 'left out for a classifier, whose outputs are no tokens', true);
    if (architecture.output)
      throw check.outOfRange('output', 'exact for a classifier, whose outputs are no tokens', architecture.output);
    const { untransposedGradient = false } = given;
    check.boolean('untransposedGradient', untransposedGradient);
    if (untransposedGradient && architecture.cell !== 'rnn') {
      throw check.outOfRange('untransposedGradient', "left out for any cell but 'rnn'", untransposedGradient);
    }
    const task = { vocabulary: vocabulary.size, outputs: classes, last: true, untransposedGradient };
    const network = buildNetwork(describeNetwork(architecture, task), given);
    return new SequenceClassifier(vocabulary, task, architecture, network);
  }

  /**
   * A classifier from a file that `save` wrote.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT,
   *   ERR_UNROLLED_MODEL_MISMATCH, ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  static async load(path: string, options?: Pick<NetworkOptions, 'threads'>): Promise<SequenceClassifier> {
    const { threads } = check.options('SequenceClassifier.load', options, ['threads']);
    const file = await readModelFile(path);
    const { header, architecture } = readHeader(file, KIND);
    const vocabulary = await readVocabulary(path, header, vocabularyFromJSON);
    const task = { vocabulary: vocabulary.size, last: true, ...SequenceClassifier.#taskOf(file, header) };
    const network = await restoreNetwork(file, describeNetwork(architecture, task), { threads }, file.metadata);
    return new SequenceClassifier(vocabulary, task, architecture, network);
  }

  static #taskOf({ path }: ModelFile, { model }: ModelHeader): Pick<Task, 'outputs' | 'untransposedGradient'> {
    const { classes, untransposed_gradient: untransposedGradient = false } = model;
    try {
      return {
        outputs: check.integer('classes', classes, { min: 2, max: MAX_SIZE }),
        untransposedGradient: check.boolean('untransposed_gradient', untransposedGradient),
      };
    } catch (error) {
      throw damagedHeader(path, error);
    }
  }

  protected override exported(): Exported {
    const classes = Array.from({ length: this.classes }, (_, label) => label);
    const text = { kind: KIND, probabilities: 'softmax' };
    return { form: 'lengths', facts: { vocabulary: this.vocabulary.toJSON(), classes, text } };
  }

  protected override header(): ModelHeader {
    const { classes } = this;
    const untransposed = this.#untransposedGradient ? { untransposed_gradient: true } : {};
    return headerOf(KIND, this.architecture, this.vocabulary, { classes, ...untransposed });
  }

  /**
   * Trains on examples, by default one a step and shuffled anew each epoch, once it is asked for: `await` gives the history
   * of the whole training, a loop each epoch. Losses are nats per example. Between two epochs of a loop the model is idle;
   * leaving the loop ends training.
   * @throws (from the first `next()` or `await`) what impossible options throw, ERR_UNROLLED_CORPUS_EMPTY without examples,
   *   ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_BUSY; later ERR_UNROLLED_ABORTED and ERR_UNROLLED_NON_FINITE_LOSS.
   */
  fit(examples: readonly Example[], options?: ClassifierFitOptions): Training {
    return new Training(this.#train(examples, options));
  }

  async *#train(
    examples: readonly Example[],
    options: ClassifierFitOptions | undefined,
  ): AsyncGenerator<EpochResult, void, undefined> {
    const asked = resolveExampleFit(options, await readResumed(options), { batch: 1 });
    const resolved = forModel(asked, { threads: this.threads });
    this.model.requireIdle();
    const run = { model: this.model, options: resolved, header: this.header() };
    yield* fitTexts(run, examples, (_, given, signal) => this.#labelled(given, signal));
  }

  /**
   * Loss and accuracy over examples.
   * @throws ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_OPTION_RANGE for a label that is
   *   no class, ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  async evaluate(examples: readonly Example[]): Promise<Accuracy> {
    const labels = this.#labels(examples);
    const logProbabilities = await this.#logProbabilities(examples.map(({ text }) => text));
    const predicted = argMax(logProbabilities).data;
    let lossSum = 0;
    let correct = 0;
    for (const [index, label] of labels.entries()) {
      lossSum -= logProbabilities.data[index * this.classes + label] as number;
      if (predicted[index] === label) correct++;
    }
    return { loss: lossSum / labels.length, accuracy: correct / labels.length };
  }

  /**
   * The class of each text, with the probabilities of all classes; none of no texts.
   * @throws ERR_UNROLLED_CORPUS_EMPTY for a text without tokens, ERR_UNROLLED_UNKNOWN_TOKEN,
   *   ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  async predict(texts: readonly string[]): Promise<Prediction[]> {
    if (texts.length === 0) {
      this.model.requireAlive();
      return [];
    }
    const logProbabilities = await this.#logProbabilities([
      ...check.list('texts', texts, 'a list of texts', 'a string'),
    ] as string[]);
    const labels = argMax(logProbabilities).data;
    return Array.from(labels, (label, index) => ({
      label,
      probabilities: Array.from(row(logProbabilities, index).data, Math.exp),
    }));
  }

  /**
   * `[N, classes]`
   * @throws ERR_UNROLLED_MODEL_NOT_FINITE
   */
  async #logProbabilities(texts: readonly string[]): Promise<Tensor<'float32' | 'float64'>> {
    const options = { batch: PREDICTION_BATCH, output: 'logProbabilities', threads: this.threads } as const;
    const { output, cancelled } = await withWeightsOfCall(this.model, 'one', async (weights) => {
      const sequences = await this.#encode(texts);
      return withCancellation(undefined, (cancellation) =>
        weights.use(({ native }) => native.predict(sequences, options, cancellation)),
      );
    });
    if (cancelled) this.model.requireAlive();
    return { dtype: this.model.dtype, shape: [texts.length, this.classes], data: requireFiniteOutputs(output) };
  }

  async #labelled(examples: readonly Example[], signal: AbortSignal | undefined): Promise<Examples> {
    // The list may change while it is encoded.
    const labels = this.#labels(examples);
    const texts = examples.map(({ text }) => text);
    const sequences = await this.#encode(texts, signal);
    return { kind: 'labelled', sequences, targets: { loss: 'crossEntropy', ids: labels } };
  }

  #labels(examples: readonly Example[]): Int32Array {
    check.list('examples', examples, 'a list of examples', 'an example');
    return Int32Array.from(examples, ({ label }) => check.integer('label', label, { min: 0, max: this.classes - 1 }));
  }

  async #encode(texts: readonly string[], signal?: AbortSignal): Promise<TokenSequences> {
    if (texts.length === 0) throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', 'There are no examples');
    const { vocabulary } = this;
    const encode = async (text: string) =>
      vocabulary instanceof WordList
        ? vocabulary.encode(text)
        : (await vocabulary.encodeCountedInTurns(text, signal)).ids;
    const sequences = await encodeTexts(texts, encode, 'Encoding', signal);
    const empty = sequences.offsets.findIndex((end, index) => index > 0 && end === sequences.offsets[index - 1]) - 1;
    if (empty >= 0) {
      throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `Example ${empty} (from 0) has no tokens`);
    }
    return sequences;
  }
}
