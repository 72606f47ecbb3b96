/** A classifier of texts of any length: words by a `TextVectorizer`, recurrent layers, one answer a text. */

import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { atOnce, inTurns } from '../base/event-loop';
import { resolveThreads } from '../base/limits';
import { type Examples, inBatches } from '../data/examples';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { NativeTargets } from '../native/native';
import { restoreFrozen } from '../network/frozen-parameters';
import {
  damagedHeader,
  dtypeOf,
  type ModelFile,
  type ModelHeader,
  readModelFile,
  weightsOf,
} from '../network/model-file';
import { withWeightsOfCall } from '../network/weights-of-call';
import type { Exported } from '../onnx/export';
import type { TextModel } from '../report/inspect';
import { arrayOf } from '../tensor/tensor-shape';
import type { Example } from '../text/example';
import { TextVectorizer, type TokenSequences } from '../text/text-vectorizer';
import { BestWeights } from '../training/callbacks/keep-best';
import type { Checkpoint } from '../training/checkpoint/record';
import { type Estimate, estimateTraining } from '../training/estimate';
import { partsOf } from '../training/example-training';
import type { EpochResult } from '../training/fit';
import {
  type AskedExampleFit,
  EXAMPLE_FIT_OPTIONS,
  type ExampleFitOptions,
  resolveBatch,
  resolveExampleFit,
} from '../training/options/example-options';
import { forModel, readResumed } from '../training/options/options';
import { TRAINING_TABLE } from '../training/options/training-options-table';
import { Training } from '../training/training';
import {
  architectureFromFile,
  architectureToFile,
  buildClassifier,
  CLASSIFIER_NETWORK_OPTIONS,
  describeClassifier,
  outputsFor,
  resolveClassifierArchitecture,
} from './architecture/classifier-architecture';
import type { ClassifierArchitecture } from './architecture/classifier-options-table';
import type { BuiltNetwork } from './architecture/text-architecture';
import { type Outcome, outcomesOf } from './class-probabilities';
import { encodeTexts, fitTexts } from './labelled-texts';
import type { Model } from './model';
import { readVocabulary, requireKind } from './model-header';
import { SavedNetwork } from './saved-network';
import type {
  TextClassifierComputeOptions,
  TextClassifierFitOptions,
  TextClassifierOptions,
  TextClassifierScore,
  TextPrediction,
} from './text-classifier-types';
import { requireNetwork } from './text-network';

const KIND = 'text-classifier';

function requireVectorizer(value: unknown): TextVectorizer {
  const vectorizer = check.instance('vectorizer', value, 'a TextVectorizer', TextVectorizer);
  if (vectorizer.output !== 'int') throw check.outOfRange('vectorizer.output', 'int', vectorizer.output);
  return vectorizer;
}

function requireClassNames(classNames: unknown): readonly string[] {
  if (!Array.isArray(classNames)) throw check.wrongType('classNames', 'a list of names', classNames);
  for (const [index, name] of classNames.entries()) check.nonEmptyString(`classNames[${index}]`, name);
  if (classNames.length < 2 || new Set(classNames).size !== classNames.length) {
    throw check.outOfRange('classNames', 'at least two names, none twice', classNames.join(', '));
  }
  return Object.freeze([...classNames]);
}

/** Options with the classifier's own defaults, but for a run that goes on and has its options in the checkpoint. */
function withDefaults(options: ExampleFitOptions<readonly Example[]>): ExampleFitOptions<readonly Example[]> {
  if (options.resume !== undefined) return options;
  const { optimizer = 'adam', epochs = TRAINING_TABLE.epochs.defaultOfTexts } = options;
  // Other optimisers, and an Adam with figures of its own, have their own rate.
  const { learningRate = optimizer === 'adam' ? TRAINING_TABLE.learningRate.defaultOfTexts : undefined } = options;
  return { ...options, epochs, learningRate };
}

/** Options of `fit`, checked. */
export interface AskedTextFit extends AskedExampleFit<readonly Example[]> {
  /** The one of the callbacks that keeps the best epoch, where that is kept. */
  best: BestWeights | undefined;
}

/**
 * Options of `fit`. They are resolved once for a training.
 * @throws what `resolveExampleFit` throws.
 */
export function resolveTextFit(
  options: TextClassifierFitOptions | undefined,
  resumed: Checkpoint | undefined,
): AskedTextFit {
  const known = [...EXAMPLE_FIT_OPTIONS, 'keepBest'] as const;
  const { keepBest: wanted, ...given } = check.options('fit', options, known);
  const asked = resolveExampleFit(withDefaults(given), resumed);
  const isValidated = asked.validation > 0 || asked.validationData !== undefined;
  const keepBest = check.boolean('keepBest', wanted === undefined ? isValidated : wanted);
  if (!keepBest) return { ...asked, best: undefined };
  if (!isValidated) throw check.outOfRange('keepBest', 'left out without validation or validationData', keepBest);
  const best = new BestWeights('validationLoss');
  return { ...asked, callbacks: [best, ...asked.callbacks, best.closing], best };
}

function requireList(option: string, values: unknown): void {
  if (!Array.isArray(values)) throw check.wrongType(option, 'a list', values);
  const hole = check.firstHole(values);
  if (hole !== -1) throw check.wrongType(`${option}[${hole}].text`, 'a string', undefined);
  if (values.length > 0) return;
  throw new UnrolledError('ERR_UNROLLED_CORPUS_EMPTY', `${option} has nothing in it`, {
    option,
    expected: 'at least one',
  });
}

/**
 * A bidirectional GRU that learns the classes of texts. With its defaults it is the review classifier of the from-scratch
 * tutorials: embeddings of 64, 30 units in each direction, a dense layer of 60, for two classes one output and binary
 * cross-entropy, for more a softmax.
 */
export class TextClassifier extends SavedNetwork {
  readonly vectorizer: TextVectorizer;
  readonly classNames: readonly string[];
  readonly architecture: Readonly<ClassifierArchitecture>;
  readonly model: Model;
  readonly #threads: number;

  private constructor(
    vectorizer: TextVectorizer,
    classNames: readonly string[],
    architecture: ClassifierArchitecture,
    network: BuiltNetwork,
  ) {
    super();
    const { model, threads } = requireNetwork(network, 'TextClassifier');
    this.vectorizer = vectorizer;
    this.classNames = classNames;
    this.architecture = architecture;
    this.model = model;
    this.#threads = threads;
  }

  /**
   * A classifier with fresh weights.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option,
   *   ERR_UNROLLED_SHAPE for word vectors of another shape, ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated.
   */
  static create(options: TextClassifierOptions): TextClassifier {
    const known = ['vectorizer', 'classNames', 'threads', ...CLASSIFIER_NETWORK_OPTIONS] as const;
    const given = check.options('TextClassifier', options, known);
    const vectorizer = requireVectorizer(given.vectorizer);
    const classNames = requireClassNames(given.classNames);
    const architecture = resolveClassifierArchitecture(given);
    const threads = resolveThreads(given.threads);
    const { seed, dtype, embeddingWeights, initializer } = given;
    const task = { vocabulary: vectorizer.size, classes: classNames.length };
    const model = buildClassifier(architecture, task, { seed, dtype, embeddingWeights, initializer });
    return new TextClassifier(vectorizer, classNames, architecture, { model, threads });
  }

  /**
   * A classifier from a file that `save` wrote, or from a checkpoint.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT,
   *   ERR_UNROLLED_MODEL_MISMATCH for another kind of model, ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  static async load(path: string, options?: Pick<TextClassifierOptions, 'threads'>): Promise<TextClassifier> {
    const given = check.options('TextClassifier.load', options, ['threads']);
    const threads = resolveThreads(given.threads);
    return TextClassifier.fromFile(await readModelFile(path), threads);
  }

  /**
   * The classifier of a file that was read.
   * @param known the file's vectorizer, where it was read.
   * @internal
   */
  static async fromFile(file: ModelFile, threads: number, known?: TextVectorizer): Promise<TextClassifier> {
    const { path } = file;
    const header = requireKind(file, KIND);
    const vectorizer = known ?? (await readVocabulary(path, header, TextVectorizer.fromJSON));
    try {
      const { class_names: names } = header.model;
      const classNames = requireClassNames(names);
      const architecture = architectureFromFile(header.model);
      const task = { vocabulary: requireVectorizer(vectorizer).size, classes: classNames.length };
      const dtype = dtypeOf(file);
      const weights = weightsOf(file, describeClassifier(architecture, task), dtype);
      const { metadata } = file;
      const model = buildClassifier(architecture, task, { dtype }, { uninitialized: true, metadata });
      await restoreFrozen(model, file);
      await model.setParameters(weights);
      return new TextClassifier(vectorizer, classNames, architecture, { model, threads });
    } catch (error) {
      throw damagedHeader(path, error);
    }
  }

  /**
   * Trains on examples once it is asked for: `await` gives the history of the whole training, a loop each epoch. Between
   * two epochs of a loop the model is idle; leaving the loop ends training.
   * @throws (from the first `next()` or `await`) what impossible options throw, ERR_UNROLLED_CORPUS_EMPTY without examples,
   *   ERR_UNROLLED_CORPUS_TOO_SHORT where no part is left to validate, ERR_UNROLLED_BUSY; later ERR_UNROLLED_ABORTED and
   *   ERR_UNROLLED_NON_FINITE_LOSS.
   */
  fit(examples: readonly Example[], options?: TextClassifierFitOptions): Training {
    return new Training(this.#train(examples, async () => resolveTextFit(options, await readResumed(options))));
  }

  /**
   * `fit` with options that are resolved.
   * @internal
   */
  fitAs(examples: readonly Example[], asked: AskedTextFit): Training {
    return new Training(this.#train(examples, async () => asked));
  }

  async *#train(
    examples: readonly Example[],
    resolve: () => Promise<AskedTextFit>,
  ): AsyncGenerator<EpochResult, void, undefined> {
    const options = forModel(await resolve(), { threads: this.#threads });
    this.model.requireIdle();
    const run = { model: this.model, options, header: this.header() };
    yield* fitTexts(run, examples, (option, given, signal) => this.#labelled(option, given, signal));
  }

  /**
   * What a `fit` of these examples with these options would take, in bytes and seconds, without changing the weights: a few
   * of its steps are made with a learning rate of 0.
   * @throws what `fit` throws before its first step and in it.
   */
  async estimate(examples: readonly Example[], options?: TextClassifierFitOptions): Promise<Estimate> {
    return this.estimateAs(examples, resolveTextFit(options, await readResumed(options)));
  }

  /**
   * `estimate` with options that are resolved.
   * @internal
   */
  async estimateAs(examples: readonly Example[], asked: AskedTextFit): Promise<Estimate> {
    const resolved = forModel(asked, { threads: this.#threads });
    this.model.requireIdle();
    const { train } = await partsOf(await this.#labelled('examples', examples, resolved.signal), resolved);
    const source = inBatches(train, resolved.batching);
    return estimateTraining({ model: this.model, source, options: resolved, header: this.header() });
  }

  /**
   * Loss, accuracy and confusions over examples.
   * @throws ERR_UNROLLED_CORPUS_EMPTY, ERR_UNROLLED_OPTION_TYPE and ERR_UNROLLED_OPTION_RANGE naming the example,
   *   ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
   */
  async evaluate(examples: readonly Example[], options?: TextClassifierComputeOptions): Promise<TextClassifierScore> {
    const labels = this.#labels('examples', examples);
    const { outcomes } = await this.#outcomes('TextClassifier.evaluate', examples, options);
    const confusion = this.classNames.map(() => new Array<number>(this.classNames.length).fill(0));
    let lossSum = 0;
    let correct = 0;
    for (const [index, label] of labels.entries()) {
      const { best, logProbabilities } = outcomes[index] as Outcome;
      lossSum -= logProbabilities[label] as number;
      if (best === label) correct++;
      const row = confusion[label] as number[];
      row[best] = (row[best] as number) + 1;
    }
    return { loss: lossSum / labels.length, accuracy: correct / labels.length, confusion };
  }

  /**
   * The class of each text, in their order; of no texts, no classes.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
   */
  async predict(texts: readonly string[], options?: TextClassifierComputeOptions): Promise<TextPrediction[]> {
    const given = check
      .list('texts', texts, 'a list of texts', 'a string')
      .map((text: unknown, index) => ({ text: check.string(`texts[${index}]`, text) }));
    const { outcomes, sequences } = await this.#outcomes('TextClassifier.predict', given, options);
    return outcomes.map(({ best, logProbabilities }, index) => {
      const probabilities = logProbabilities.map(Math.exp);
      const [className, probability] = [this.classNames[best] as string, probabilities[best] as number];
      const ids = sequences.ids.subarray(sequences.offsets[index], sequences.offsets[index + 1]);
      return {
        label: best,
        className,
        probability,
        probabilities,
        ...this.#known((given[index] as { text: string }).text, ids),
      };
    });
  }

  /** @internal */
  override get inspected(): TextModel {
    const { model, vectorizer } = this;
    return {
      model,
      vocabulary: { encode: (text) => atOnce(vectorizer.encodingUnpadded(text)), words: vectorizer.vocabulary },
    };
  }

  protected override exported(): Exported {
    const probabilities = outputsFor(this.classNames.length) === 1 ? 'sigmoid' : 'softmax';
    const text = { kind: KIND, probabilities };
    return { form: 'lengths', facts: { vectorizer: this.vectorizer.toJSON(), classes: this.classNames, text } };
  }

  /** The vectorizer is written out only where a file is: one with functions trains as well. */
  protected override header(): ModelHeader {
    const { vectorizer, classNames, architecture } = this;
    return {
      model: { kind: KIND, class_names: classNames, ...architectureToFile(architecture) },
      get vocabulary() {
        return vectorizer.toJSON();
      },
    };
  }

  async #outcomes(
    where: string,
    examples: readonly Pick<Example, 'text'>[],
    options: TextClassifierComputeOptions | undefined,
  ): Promise<{ outcomes: Outcome[]; sequences: TokenSequences }> {
    const given = check.options(where, options, ['batch', 'threads', 'signal']);
    const batch = resolveBatch(given.batch);
    const threads = resolveThreads(given.threads) || this.#threads;
    const signal = check.abortSignal('signal', given.signal);
    this.model.requireAlive();
    const isBinary = outputsFor(this.classNames.length) === 1;
    const native = { batch, threads, output: isBinary ? 'raw' : 'logProbabilities' } as const;
    return withWeightsOfCall(this.model, 'one', async (weights) => {
      const sequences = await this.#encode(examples, signal);
      if (sequences.offsets.length === 1) return { outcomes: [], sequences };
      const result = await withCancellation(signal, (cancellation) =>
        weights.use((model) => model.native.predict(sequences, native, cancellation)),
      );
      if (result.cancelled) throw cancelledError(this.model, 'The work of the classifier', signal);
      return { outcomes: outcomesOf(result.output, result.features), sequences };
    });
  }

  /** How many of a text's tokens, which have these ids, the vectorizer knows. */
  #known(text: string, ids: Int32Array): Pick<TextPrediction, 'knownTokens' | 'unknownTokens'> {
    const { unknownId } = this.vectorizer;
    const unknownTokens = ids.reduce((count, id) => (id === unknownId ? count + 1 : count), 0);
    const knownTokens = ids.length - unknownTokens;
    // One id, the unknown one, stands for a text without tokens too.
    const isEmpty = ids.length === 1 && knownTokens === 0 && this.vectorizer.tokens(text).length === 0;
    return { knownTokens, unknownTokens: isEmpty ? 0 : unknownTokens };
  }

  async #labelled(option: string, examples: readonly Example[], signal: AbortSignal | undefined): Promise<Examples> {
    const labels = this.#labels(option, examples);
    return { kind: 'labelled', sequences: await this.#encode(examples, signal), targets: this.#targets(labels) };
  }

  #targets(labels: Int32Array): NativeTargets {
    if (outputsFor(this.classNames.length) > 1) return { loss: 'crossEntropy', ids: labels };
    return { loss: 'binaryCrossEntropy', values: arrayOf(this.model.dtype, labels) };
  }

  /** The labels of examples that are whole. */
  #labels(option: string, examples: readonly Example[]): Int32Array {
    requireList(option, examples);
    const max = this.classNames.length - 1;
    return Int32Array.from(examples, (example: Partial<Example> | null | undefined, index) => {
      check.string(`${option}[${index}].text`, example?.text);
      return check.integer(`${option}[${index}].label`, example?.label, { min: 0, max });
    });
  }

  #encode(examples: readonly Pick<Example, 'text'>[], signal: AbortSignal | undefined): Promise<TokenSequences> {
    // The list may change while it is encoded.
    const texts = examples.map(({ text }) => text);
    const encode = (text: string) => inTurns(this.vectorizer.encodingUnpadded(text));
    return encodeTexts(texts, encode, 'The work of the classifier', signal);
  }
}
