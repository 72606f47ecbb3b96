/** A classifier of texts of any length: words by a `TextVectorizer`, recurrent layers, one answer a text. */

import type { Network } from './architecture';
import { abortError, cancelledError, withCancellation } from './cancellation';
import {
  architectureFromFile,
  architectureToFile,
  buildClassifier,
  CLASSIFIER_NETWORK_OPTIONS,
  type ClassifierArchitecture,
  type ClassifierNetworkOptions,
  describeClassifier,
  outputsFor,
  resolveClassifierArchitecture,
} from './classifier-network';
import { UnrolledError } from './errors';
import { atOnce, giveTurn, inTurns } from './event-loop';
import type { Metadata, SaveOptions } from './file-metadata';
import type { Parameters } from './flat-layout';
import { restoreFrozen } from './frozen-parameters';
import { MAX_SIZE, resolveThreads } from './limits';
import { Model } from './model';
import {
  damagedHeader,
  dtypeOf,
  type ModelFile,
  type ModelHeader,
  readModelFile,
  weightsOf,
  writeModelFile,
} from './model-file';
import { readVocabulary, requireKind } from './model-header';
import type { NativeTargets } from './native/native';
import type { TextModel } from './report/inspect';
import { reportTextModel, type TextReportOptions } from './report/model-report';
import type { Summary } from './summary';
import { arrayOf } from './tensor-shape';
import type { Example } from './text/example';
import { joining } from './text/part-encoding';
import { TextVectorizer, type TokenSequences } from './text/text-vectorizer';
import { constructorError } from './text-network';
import { type Outcome, outcomesOf } from './text-outcomes';
import { BestWeights } from './training/callbacks/keep-best';
import type { Checkpoint } from './training/checkpoint-file';
import { type Estimate, estimateTraining } from './training/estimate';
import {
  EXAMPLE_FIT_OPTIONS,
  type ExampleFitOptions,
  resolveBatch,
  resolveExampleFit,
} from './training/example-options';
import { fitExamples, partsOf } from './training/example-training';
import { type Examples, inBatches } from './training/examples';
import { type EpochResult, readData } from './training/fit';
import { DEFAULT_BATCH, readResumed } from './training/options';
import { Training } from './training/training';
import * as check from './validation';
import { withWeightsOfCall } from './weights-of-call';

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
   * Whether the model has the weights of the epoch with the lowest validation loss when training ends, be it by itself,
   * by the signal, by an error or by leaving the loop. True by default where something validates.
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
  /** Examples of class i that were taken for class j: `confusion[i][j]`. */
  confusion: number[][];
}

/** The class of a text. */
export interface TextPrediction {
  /** The likeliest class. */
  label: number;
  className: string;
  /** Of that class. */
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

const KIND = 'text-classifier';

const DEFAULTS = { epochs: 10, learningRate: 0.01 } as const;

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

/** The options of training, completed but for a run that goes on and has its own in the checkpoint. */
export function trainingOptions(options: TextClassifierFitOptions | undefined): ExampleFitOptions<readonly Example[]> {
  const known = [...EXAMPLE_FIT_OPTIONS, 'keepBest'] as const;
  const { keepBest: _, ...given } = check.options('fit', options, known);
  if (given.resume !== undefined) return given;
  const { optimizer = 'adam', epochs = DEFAULTS.epochs } = given;
  // Other optimisers, and an Adam with figures of its own, have their own rate.
  const { learningRate = optimizer === 'adam' ? DEFAULTS.learningRate : undefined } = given;
  return { ...given, epochs, learningRate };
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
export class TextClassifier {
  readonly vectorizer: TextVectorizer;
  readonly classNames: readonly string[];
  readonly architecture: Readonly<ClassifierArchitecture>;
  /** The low-level model. */
  readonly model: Model;
  readonly #threads: number;

  private constructor(
    vectorizer: TextVectorizer,
    classNames: readonly string[],
    architecture: ClassifierArchitecture,
    network: Network,
  ) {
    // TypeScript knows that the constructor is private; JavaScript does not.
    if (!(network?.model instanceof Model)) throw constructorError('TextClassifier');
    const { model, threads } = network;
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
   * @internal
   */
  static async fromFile(file: ModelFile, threads: number): Promise<TextClassifier> {
    const { path } = file;
    const header = requireKind(file, KIND);
    const vectorizer = await readVocabulary(path, header, TextVectorizer.fromJSON);
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
    return new Training(this.#train(examples, options, () => readResumed(options)));
  }

  /**
   * `fit` with what was read of the file that `resume` names.
   * @internal
   */
  fitFrom(
    examples: readonly Example[],
    options: TextClassifierFitOptions | undefined,
    resumed: Checkpoint | undefined,
  ): Training {
    return new Training(this.#train(examples, options, async () => resumed));
  }

  async *#train(
    examples: readonly Example[],
    options: TextClassifierFitOptions | undefined,
    read: () => Promise<Checkpoint | undefined>,
  ): AsyncGenerator<EpochResult, void, undefined> {
    const resumed = await read();
    const defaults = { threads: this.#threads, batch: DEFAULT_BATCH };
    const resolved = resolveExampleFit(trainingOptions(options), defaults, resumed);
    const { validation, validationData, callbacks, signal } = resolved;
    const isValidated = validation > 0 || validationData !== undefined;
    const keepBest = check.boolean('keepBest', options?.keepBest === undefined ? isValidated : options.keepBest);
    if (keepBest && !isValidated) {
      throw check.outOfRange('keepBest', 'left out without validation or validationData', keepBest);
    }
    this.model.requireIdle();
    const best = new BestWeights('validationLoss');
    const run = {
      model: this.model,
      options: { ...resolved, callbacks: keepBest ? [best, ...callbacks, best.closing] : callbacks },
      header: this.#header(),
    };
    const { training, validating } = await readData(run, async () => ({
      training: await this.#labelled('examples', examples, signal),
      validating: validationData && (await this.#labelled('validationData', validationData, signal)),
    }));
    yield* fitExamples({ ...run, examples: training, toExamples: async () => validating as Examples });
  }

  /**
   * What a `fit` of these examples with these options would take, in bytes and seconds, without changing the weights: a few
   * of its steps are made with a learning rate of 0.
   * @throws what `fit` throws before its first step and in it.
   */
  async estimate(examples: readonly Example[], options?: TextClassifierFitOptions): Promise<Estimate> {
    return this.estimateFrom(examples, options, await readResumed(options));
  }

  /**
   * `estimate` with what was read of the file that `resume` names.
   * @internal
   */
  async estimateFrom(
    examples: readonly Example[],
    options: TextClassifierFitOptions | undefined,
    resumed: Checkpoint | undefined,
  ): Promise<Estimate> {
    const defaults = { threads: this.#threads, batch: DEFAULT_BATCH };
    const resolved = resolveExampleFit(trainingOptions(options), defaults, resumed);
    this.model.requireIdle();
    const { train } = await partsOf(await this.#labelled('examples', examples, resolved.signal), resolved);
    const source = inBatches(train, resolved.batching);
    return estimateTraining({ model: this.model, source, options: resolved, header: this.#header() });
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

  /** Copies of all parameters by PyTorch's names; of a whole step while the model trains. */
  parameters(): Promise<Parameters> {
    return this.model.parameters();
  }

  /**
   * Writes one HTML page that needs no network, whole or not at all: the model drawn, the curves of its training
   * (`history`), its hidden units over a `text`, and what else the options have.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE and ERR_UNROLLED_OPTION_RANGE naming the part at
   *   fault, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_DISPOSED.
   */
  async report(path: string, options?: TextReportOptions): Promise<void> {
    this.model.requireAlive();
    await reportTextModel(this.inspected, path, options);
  }

  /**
   * The model with what turns texts into its ids, as reports look into it.
   * @internal
   */
  get inspected(): TextModel {
    const { model, vectorizer } = this;
    return {
      model,
      vocabulary: { encode: (text) => atOnce(vectorizer.encodingUnpadded(text)), words: vectorizer.vocabulary },
    };
  }

  /**
   * Layers, parameters and counts; prints as a table.
   * @param fit what `model.estimate` said of a training, to be told too: its memory and its time.
   * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_DISPOSED
   */
  summary(fit?: Estimate): Summary {
    return this.model.summary(fit);
  }

  /**
   * Writes weights, vectorizer and description to a safetensors file, whole or not at all.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE (also for a vectorizer with functions),
   *   ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_DISPOSED.
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    await writeModelFile(path, this.model, this.#header(), options);
  }

  /** Strings of the file that it was loaded from, which `save` was given; `save` writes them again. */
  get metadata(): Metadata {
    return this.model.metadata;
  }

  /** Frees the native memory; work that runs is cancelled. A second call does nothing. */
  dispose(): void {
    this.model.dispose();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The vectorizer is written out only where a file is: one with functions trains as well. */
  #header(): ModelHeader {
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

  /** Texts as ids, one after another, with turns for the event loop. */
  async #encode(examples: readonly Pick<Example, 'text'>[], signal: AbortSignal | undefined): Promise<TokenSequences> {
    // The list may change while it is encoded.
    const texts = examples.map(({ text }) => text);
    const sequences: Int32Array[] = [];
    const offsets = new Int32Array(texts.length + 1);
    let end = 0;
    for (const [index, text] of texts.entries()) {
      const ids = await inTurns(this.vectorizer.encodingUnpadded(text));
      sequences.push(ids);
      end += ids.length;
      if (end > MAX_SIZE) throw check.outOfRange('examples', `texts of at most ${MAX_SIZE} tokens in all`, end);
      offsets[index + 1] = end;
      await giveTurn();
      if (signal?.aborted) throw abortError('The work of the classifier', signal);
    }
    return { ids: await inTurns(joining(sequences)), offsets };
  }
}
