/** A language model over text: embedding, recurrent layers, and a softmax over the next token. */

import * as check from '../base/check';
import { resolveThreads } from '../base/resource-limits';
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
  /** Whether the end token also precedes each document. */
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
  /** Draws texts. Texts that are requested at the same time are computed together. */
  readonly #drawer: TextDrawer;
  #documents: boolean;

  private constructor(vocabulary: Vocabulary, architecture: Architecture, network: BuiltNetwork, documents: boolean) {
    super(vocabulary, architecture, network);
    this.#drawer = new TextDrawer(this.model, vocabulary, this.threads);
    this.#documents = documents;
  }

  /**
   * Whether the model is one of documents, in which the end token precedes each document and also follows it. A new
   * model is one if its vocabulary has an end token; a loaded model is what its file says. False for a model of plain
   * text, and for one that an earlier release saved: there the end token only follows a document.
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
   * A new model with the weights of a file, which may come from PyTorch. Options that are not given, and whether it is
   * a model of `documents`, come from the file's description if it has one. Given options must agree with the file, and
   * so must the vocabulary; a vocabulary without a form gets that of the file. With `extendVocabulary` the vocabulary
   * may have more tokens. All weights are trained: parameters that were frozen stay frozen only with `load`, and
   * `model.freeze` freezes them again.
   * @throws the errors of `load` and `create`.
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
   * Trains by truncated back-propagation over the corpus as one stream, or over its documents, each from a zero state.
   * Training starts when it is awaited or looped over: `await` gives the history of the whole training, a loop gives
   * each epoch. Between two epochs of a loop the model is idle; leaving the loop ends training. With `resume` it
   * continues from a checkpoint. This model takes the weights of the checkpoint, and becomes a model of `documents` if
   * the checkpoint is one; `LanguageModel.load` of the checkpoint gives a model that fits. A corpus in a file with
   * another vocabulary is encoded again first. A model of `documents` reads a corpus of one text as the beginning of a
   * single document.
   * @throws (from the first `next()` or `await`) the errors of invalid options, ERR_UNROLLED_CORPUS_TOO_SHORT,
   *   ERR_UNROLLED_OUT_OF_MEMORY, ERR_UNROLLED_BUSY while another training of this model runs; later
   *   ERR_UNROLLED_ABORTED, and ERR_UNROLLED_NON_FINITE_LOSS with its step. The weights are then those of the last
   *   whole step, or with early stopping those of the best epoch, and the model stays usable.
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

  /** The data that a training trains on and validates on. */
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
   * The memory and time of a `fit` of this corpus with these options, in bytes and seconds. The weights do not change:
   * a few steps are made with a learning rate of 0.
   * @throws the errors of `fit` before and in its first step.
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
   * Mean cross-entropy of a corpus, from a zero state. Each document starts from a zero state, and its first token and
   * its end also count. A model of `documents` reads a corpus of one text as the beginning of a single document.
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
   * The text that follows each prompt, many computed together. The text of prompt i is drawn with the seed `seed + i`,
   * independently of the others: it equals `sample(prompts[i], { ...options, seed: seed + i })`.
   * @throws the errors of `stream`, naming the prompt.
   */
  async sampleAll(prompts: readonly string[], options?: GenerationOptions): Promise<string[]> {
    return sampleTexts(this.#generator(), prompts, resolveGeneration(options));
  }

  /**
   * Feeds the prompt from a zero state and yields the text that follows, in small pieces or by grapheme. The unknown
   * token is never drawn; the end token, if the vocabulary has one, ends the text. A model of `documents` reads the
   * prompt as the beginning of a document, which may be empty. A model of plain text reads an empty prompt as a line
   * end; if its vocabulary has none, the first token is drawn from all text tokens with equal probability.
   *
   * Streams that are read at the same time are computed together, up to 64 in one native call. Each joins when its next
   * piece is requested, may begin and end while others continue, has its own options, and draws the same text as alone.
   * Leaving the loop frees its place. `sample` and `sampleAll` join in the same way.
   *
   * A text is drawn to its end with the weights that the model had when its first piece was requested. Before the
   * weights change (in a training, `setParameters` or `loadParameters`), unfinished texts get a shared copy of them. A
   * text that begins between two steps of a training has its own copy until it ends.
   * @throws (from the first `next()`) the errors of invalid options, ERR_UNROLLED_UNKNOWN_TOKEN if the vocabulary lacks
   *   a character of the prompt and does not skip or replace it; ERR_UNROLLED_MODEL_NOT_FINITE if the weights are too
   *   large to compute with; ERR_UNROLLED_ABORTED.
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

  /** The id that precedes each document. */
  #boundary(documents = this.#documents): number | undefined {
    return documents ? this.vocabulary.endId : undefined;
  }

  #generator(): Generator {
    const { model, vocabulary, documents, threads } = this;
    return { model, vocabulary, documents, threads, drawer: this.#drawer };
  }
}
