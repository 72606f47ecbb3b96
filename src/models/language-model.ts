/** A language model over text: embedding, recurrent layers, and a softmax over the next token. */

import * as check from '../base/check';
import { resolveThreads } from '../base/limits';
import {
  type BeamOptions,
  type BeamResult,
  type GenerationOptions,
  type Generator,
  type NextOptions,
  type NextToken,
  nextTokens,
  resolveBeam,
  resolveGeneration,
  resolveScore,
  resolveStream as resolveTextStream,
  type ScoreOptions,
  type StreamOptions,
  sampleText,
  sampleTexts,
  scoreText,
  searchText,
  streamText,
  TextDrawer,
  type TextScore,
  tokenProbabilities,
} from '../generation';
import { defaultSparse } from '../layers/softmax-defaults';
import { cancelledError, withCancellation } from '../native/cancellation';
import type { NativeEvaluation } from '../native/native';
import { type ModelFile, type ModelHeader, readModelFile } from '../network/model-file';
import { withWeightsOfCall } from '../network/weights-of-call';
import type { Exported } from '../onnx/export';
import type { Tensor } from '../tensor/tensor';
import { adoptCorpus } from '../text/adopted-corpus';
import type { Corpus } from '../text/corpus';
import type { FileCorpus } from '../text/file-corpus';
import type { TokenCounts } from '../text/token-counts';
import type { Vocabulary } from '../text/vocabulary';
import { lackingData } from '../training/checkpoint/data-counts';
import { partsOf, scoring, trainingSource, wholeCorpus } from '../training/corpus-source';
import type { LanguageModelEpoch } from '../training/epoch-result';
import { type Estimate, estimateTraining } from '../training/estimate';
import { readData, runTraining } from '../training/fit';
import type { Run } from '../training/loop';
import {
  type AskedFit,
  type FitOptions,
  forModel,
  type ResolvedTraining,
  readResumed,
  resolveFit,
  resolveStream,
} from '../training/options/options';
import { Training } from '../training/training';
import type { Architecture } from './architecture/network-options-table';
import type { BuiltNetwork } from './architecture/text-architecture';
import {
  hasEnd,
  initialParts,
  KIND,
  type LanguageModelParts,
  loadedParts,
  newParts,
  type ReadOfFile,
  requireInitOptions,
} from './language-model-parts';
import type {
  Evaluation,
  EvaluationOptions,
  InitOptions,
  LanguageModelOptions,
  LoadOptions,
} from './language-model-types';
import { headerOf, readDocuments } from './model-header';
import { TextNetwork } from './text-network';

/** A training with everything checked but its data. */
type TextRun = Pick<Run, 'model' | 'header' | 'onRestored'> & {
  options: AskedFit & ResolvedTraining;
  /** Whether the end token stands before each document too. */
  documents: boolean;
};

/** What generation needs to know beside the vocabulary. */
function textFacts({ vocabulary, documents }: LanguageModel): Record<string, unknown> {
  const { unknownId: unknown = null, endId: end = null } = vocabulary;
  return { kind: KIND, documents, unknown, end, lineEnd: vocabulary.id('\n') ?? null };
}

function summarize({ lossSum, tokens }: NativeEvaluation, counts: TokenCounts): Evaluation {
  const loss = lossSum / tokens;
  return { loss, bitsPerToken: loss / Math.LN2, perplexity: Math.exp(loss), tokens, ...counts };
}

/**
 * A language model over text: embedding, recurrent layers, and a softmax over the next token. It is trained on a corpus,
 * then samples, searches and scores text.
 */
export class LanguageModel extends TextNetwork<Vocabulary> {
  /** Draws texts, those that are asked for at the same time together. */
  readonly #drawer: TextDrawer;
  #documents: boolean;

  private constructor(vocabulary: Vocabulary, architecture: Architecture, network: BuiltNetwork, documents: boolean) {
    super(vocabulary, architecture, network);
    this.#drawer = new TextDrawer(this.model, vocabulary, this.threads);
    this.#documents = documents;
  }

  /**
   * Whether it is a model of documents, in which the end token stands before each document as well as after it: a new
   * model is one where its vocabulary has an end token, and a file says what its model is. False for a model of plain
   * text, and for one that an earlier release saved, whose documents have the end token after them alone.
   */
  get documents(): boolean {
    return this.#documents;
  }

  /**
   * A model with fresh weights.
   * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the option,
   *   ERR_UNROLLED_OUT_OF_MEMORY before anything is allocated.
   */
  static create(options: LanguageModelOptions): LanguageModel {
    return LanguageModel.#of(newParts(options));
  }

  /**
   * A model from a file that `save` wrote.
   * @throws ERR_UNROLLED_FILE_NOT_FOUND, ERR_UNROLLED_FILE_READ, ERR_UNROLLED_MODEL_FORMAT,
   *   ERR_UNROLLED_MODEL_MISMATCH, ERR_UNROLLED_MODEL_NOT_FINITE; what `Vocabulary.withUnknown` throws.
   */
  static async load(path: string, options?: LoadOptions): Promise<LanguageModel> {
    return LanguageModel.#of(await loadedParts(path, options));
  }

  /**
   * A new model with the weights of a file, which may be PyTorch's. Options that are not given are taken from the
   * file's description, where it has one, and so is whether it is a model of `documents`; the ones given must agree with
   * it, and so must the vocabulary, whose form is the file's where it has none; with `extendVocabulary` it may have more
   * tokens. All its weights are trained: what was frozen in the file's model is so in `load`'s alone, and `model.freeze`
   * freezes it again.
   * @throws what `load` and `create` throw.
   */
  static async initFrom(path: string, options: InitOptions): Promise<LanguageModel> {
    requireInitOptions(options);
    return LanguageModel.initFromFile(await readModelFile(path), options);
  }

  /**
   * `initFrom` of a file that was read.
   * @internal
   */
  static async initFromFile(file: ModelFile, options: InitOptions, read: ReadOfFile = {}): Promise<LanguageModel> {
    return LanguageModel.#of(await initialParts(file, options, read));
  }

  static #of({ vocabulary, architecture, network, documents }: LanguageModelParts): LanguageModel {
    return new LanguageModel(vocabulary, architecture, network, documents);
  }

  protected override exported(): Exported {
    const { vocabulary } = this;
    return { form: 'step', facts: { vocabulary: vocabulary.toJSON(), text: textFacts(this) } };
  }

  protected override header(): ModelHeader {
    return this.#headerOf(this.#documents);
  }

  #headerOf(documents: boolean): ModelHeader {
    return headerOf(KIND, this.architecture, this.vocabulary, documents ? { documents } : {});
  }

  /**
   * Trains by truncated back-propagation over the corpus as one stream, or over its documents, each from a zero state,
   * once it is asked for: `await` gives the history of the whole training, a loop each epoch. Between two epochs of a loop
   * the model is idle; leaving the loop ends training. With `resume` it goes on from a checkpoint, whose weights this
   * model takes, and whether it is one of `documents`: `LanguageModel.load` of the checkpoint makes one that fits. A
   * corpus in a file whose vocabulary is another is encoded anew first. To a model of `documents` a corpus of one text is
   * the beginning of a single document.
   * @throws (from the first `next()` or `await`) what impossible options throw, ERR_UNROLLED_CORPUS_TOO_SHORT,
   *   ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_BUSY while another training of this model runs; later
   *   ERR_UNROLLED_ABORTED, and ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are those of the last
   *   whole step, or with early stopping of the best epoch, and the model stays usable.
   */
  fit(corpus: Corpus | FileCorpus, options?: FitOptions): Training<LanguageModelEpoch> {
    return new Training(this.#train(corpus, async () => resolveFit(options, await readResumed(options))));
  }

  /**
   * `fit` with options that are resolved.
   * @internal
   */
  fitAs(corpus: Corpus | FileCorpus, asked: AskedFit): Training<LanguageModelEpoch> {
    return new Training(this.#train(corpus, async () => asked));
  }

  async *#train(
    corpus: Corpus | FileCorpus,
    resolve: () => Promise<AskedFit>,
  ): AsyncGenerator<LanguageModelEpoch, void, undefined> {
    const run = this.#runOf(await resolve());
    const { resumed } = run.options;
    const adopted = await readData(run, () => adoptCorpus(corpus, this.vocabulary, run.options.signal)).catch(
      (error) => {
        throw resumed === undefined ? error : lackingData(resumed, error);
      },
    );
    const epochs = runTraining({ ...run, ...(await this.#partsOf(run, adopted)) });
    yield* epochs as AsyncGenerator<LanguageModelEpoch, void, undefined>;
  }

  #runOf(asked: AskedFit): TextRun {
    const { resumed } = asked;
    const defaults = { threads: this.threads, sparse: defaultSparse(this.model.description.layers) };
    const options = forModel(asked, defaults);
    this.model.requireIdle();
    const documents =
      resumed === undefined
        ? this.#documents
        : readDocuments(resumed.file.path, resumed.header, hasEnd(this.vocabulary));
    const onRestored = () => {
      this.#documents = documents;
    };
    return { model: this.model, options, header: this.#headerOf(documents), documents, onRestored };
  }

  /** What a training trains on, and what judges it. */
  async #partsOf(
    { options, documents }: TextRun,
    corpus: Corpus | FileCorpus,
  ): Promise<Pick<Run, 'source' | 'validate'>> {
    const { stream, shuffle, resumed } = options;
    const { train, validation } = await partsOf(corpus, options.validation, this.#boundary(documents), resumed);
    const source = await trainingSource('training text', train, stream, shuffle);
    const validate =
      options.validation > 0 ? await scoring(this.model, 'validation text', validation, stream) : undefined;
    return { source, validate };
  }

  /**
   * What a `fit` of this corpus with these options would take, in bytes and seconds, without changing the weights: a few
   * of its steps are made with a learning rate of 0.
   * @throws what `fit` throws before its first step and in it.
   */
  async estimate(corpus: Corpus | FileCorpus, options?: FitOptions): Promise<Estimate> {
    return this.estimateAs(corpus, resolveFit(options, await readResumed(options)));
  }

  /**
   * `estimate` with options that are resolved.
   * @internal
   */
  async estimateAs(corpus: Corpus | FileCorpus, asked: AskedFit): Promise<Estimate> {
    const run = this.#runOf(asked);
    const { resumed } = asked;
    const adopted = await adoptCorpus(corpus, this.vocabulary, run.options.signal).catch((error) => {
      throw resumed === undefined ? error : lackingData(resumed, error);
    });
    return estimateTraining({ ...run, ...(await this.#partsOf(run, adopted)) });
  }

  /**
   * Mean cross-entropy of a corpus from a zero state; of documents, each from one of its own, over its first token and
   * its end too. To a model of `documents` a corpus of one text is the beginning of a single document.
   * @throws ERR_UNROLLED_CORPUS_TOO_SHORT, ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_ABORTED.
   */
  async evaluate(corpus: Corpus | FileCorpus, options?: EvaluationOptions): Promise<Evaluation> {
    const given = check.options('evaluate', options, ['batch', 'window', 'threads', 'signal']);
    const { batch = 1, window = 128 } = given;
    const stream = resolveStream(batch, window);
    const threads = resolveThreads(given.threads) || this.threads;
    const signal = check.abortSignal('signal', given.signal);
    return withWeightsOfCall(this.model, 'one', async (weights) => {
      const adopted = await adoptCorpus(corpus, this.vocabulary, signal);
      const part = await wholeCorpus(adopted, this.#boundary());
      const score = await scoring(this.model, 'corpus', part, stream);
      const result = await withCancellation(signal, (cancellation) =>
        weights.use((model) => score(cancellation, { threads }, model)),
      );
      if (result.cancelled) throw cancelledError(this.model, 'Evaluation', signal);
      return summarize(result, adopted.tokenCounts);
    });
  }

  /**
   * The text that `stream` yields, as one string.
   * @throws what `stream` throws.
   */
  async sample(prompt: string, options?: GenerationOptions): Promise<string> {
    return sampleText(this.#generator(), prompt, resolveGeneration(options));
  }

  /**
   * The text that follows each prompt, many computed together. The text of prompt i is drawn by the seed `seed + i`,
   * whatever the others are: it is that of `sample(prompts[i], { ...options, seed: seed + i })`.
   * @throws what `stream` throws, naming the prompt.
   */
  async sampleAll(prompts: readonly string[], options?: GenerationOptions): Promise<string[]> {
    return sampleTexts(this.#generator(), prompts, resolveGeneration(options));
  }

  /**
   * Feeds the prompt from a zero state and yields the text that follows, in small pieces or by grapheme. The unknown
   * token is never drawn; the vocabulary's end token, where it has one, ends the text. To a model of `documents` the
   * prompt is the beginning of a document, which may be empty. To one of plain text an empty prompt is a line end; where
   * its vocabulary has none, the seed alone draws the first token, of all that are text with the same probability.
   *
   * Streams that are read at the same time are computed together, up to 64 in one native call: each takes part when its
   * next piece is asked for, may begin and end while others go on, has options of its own, and draws what it would draw
   * alone. Leaving the loop frees its place. `sample` and `sampleAll` take part too.
   *
   * A text is drawn to its end with the weights that the model had when its first piece was asked for, whatever becomes of
   * them: where they are about to change (a training, `setParameters`, `loadParameters`), texts that were begun share a copy
   * of them, and a text that begins while steps are made has one of its own until it ends.
   * @throws (from the first `next()`) what impossible options throw, ERR_UNROLLED_UNKNOWN_TOKEN where the
   *   vocabulary lacks a character of the prompt and does not skip or replace it; ERR_UNROLLED_MODEL_NOT_FINITE where
   *   the weights are too large to compute with; ERR_UNROLLED_ABORTED.
   */
  async *stream(prompt: string, options?: StreamOptions): AsyncGenerator<string, void, undefined> {
    yield* streamText(this.#generator(), prompt, resolveTextStream(options));
  }

  /**
   * The likeliest continuations of a prompt, by beam search, best first; the same each time. Length penalty as in
   * Wu et al., "Google's neural machine translation system", 2016.
   * @throws what `stream` throws, ERR_UNROLLED_OUT_OF_MEMORY for more beams than can be held, ERR_UNROLLED_CORPUS_EMPTY
   *   for an empty prompt where a model of plain text has no line end to begin with.
   */
  async beam(prompt: string, options?: BeamOptions): Promise<BeamResult[]> {
    return searchText(this.#generator(), prompt, resolveBeam(options));
  }

  /**
   * The log-probability of a text from a zero state: the sum over its tokens after the first, each given all before
   * it; with a `context` over all its tokens. A model of `documents` scores the first token too, as that of a document,
   * and with `document: true` the end: the likelihood of a whole document. Takes memory for a few positions at a time.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY for an empty text, and for an empty context where a
   *   model of plain text has no line end to begin with, ERR_UNROLLED_CORPUS_TOO_SHORT for a single token that nothing
   *   comes before, ERR_UNROLLED_OPTION_RANGE, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
   */
  async score(text: string, options?: ScoreOptions): Promise<TextScore> {
    return scoreText(this.#generator(), text, resolveScore(options));
  }

  /**
   * The k likeliest tokens after a text (all, where there are fewer), from a zero state, by falling probability. Here
   * the unknown token is one like the others, and so is the end token, whose text is empty. To a model of `documents` the
   * text is the beginning of a document, which may be empty; to one of plain text an empty one is a line end.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY for an empty text where a model of plain text has no
   *   line end to begin with, ERR_UNROLLED_MODEL_NOT_FINITE, ERR_UNROLLED_ABORTED.
   */
  async next(text: string, k = 10, options?: NextOptions): Promise<NextToken[]> {
    return nextTokens(this.#generator(), text, k, options);
  }

  /**
   * The distribution of the next token after each token of a text, `[T, V]`, from a zero state. To a model of
   * `documents` the text is the beginning of a document, and an empty one gives that of the first token, `[1, V]`.
   * @throws ERR_UNROLLED_UNKNOWN_TOKEN, ERR_UNROLLED_CORPUS_EMPTY for a text without tokens to a model of plain text, and for one of
   *   which nothing is left; ERR_UNROLLED_MODEL_NOT_FINITE.
   */
  async probabilities(text: string): Promise<Tensor<'float32' | 'float64'>> {
    return tokenProbabilities(this.#generator(), text);
  }

  /** The id that stands before each document. */
  #boundary(documents = this.#documents): number | undefined {
    return documents ? this.vocabulary.endId : undefined;
  }

  #generator(): Generator {
    const { model, vocabulary, documents, threads } = this;
    return { model, vocabulary, documents, threads, drawer: this.#drawer };
  }
}
