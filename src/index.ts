/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The public API.
 * @module unrolled
 */

import { MAX_THREADS } from './limits';
import { addon } from './native/load';
import type { NativeInfo } from './native/native';
import * as check from './validation';

export * as datasets from './datasets';
export type { Answer, DecodingOptions } from './decoding';
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  NATIVE_LOAD_REASONS,
  type NativeLoadReason,
  UnrolledError,
} from './errors';
export type { Metadata, SaveOptions } from './file-metadata';
export type { FloatTensor, GivenParameters, InitialStates, Parameters, States } from './flat-layout';
export type {
  BeamOptions,
  BeamResult,
  ConstraintOptions,
  GenerationOptions,
  GenerationStep,
  NextOptions,
  NextToken,
  ScoreOptions,
  StopOptions,
  StreamOptions,
  TextScore,
  TokenBias,
  TokenChoice,
  TokenChoices,
  TokenScore,
} from './generation';
export { LanguageModel } from './language-model';
export type {
  Evaluation,
  EvaluationOptions,
  InitOptions,
  LanguageModelOptions,
  LoadOptions,
} from './language-model-types';
export type { Activation, Cell } from './layer-choices';
export type { BidirectionalOptions, Layer, LayerExtras, RecurrentLayerOptions } from './layer-functions';
export * as layers from './layer-functions';
export type { ClassLoss, Loss, ValueLoss } from './losses';
export {
  type ComputeOptions,
  type ForwardOptions,
  type ForwardResult,
  type GradientsOptions,
  type GradientsResult,
  Model,
  type ModelInput,
  type ModelOptions,
  type Objective,
  type SequenceInput,
} from './model';
export type { ClassifierArchitecture, ClassifierNetworkOptions, Pooling } from './models/classifier-options-table';
export type { Architecture, NetworkOptions, Output, OutputOptions } from './models/network-options-table';
export type {
  ActivationDescription,
  AdaptiveSoftmaxDescription,
  AttentionDescription,
  DenseDescription,
  DropoutDescription,
  DType,
  EmbeddingDescription,
  InitializerDescription,
  InitializerKind,
  InputDescription,
  LayerDescription,
  LayerNormDescription,
  ModelDescription,
  NativeInfo as Info,
  PoolingDescription,
  RecurrentDescription,
} from './native/native';
export { version } from './package';
export type {
  ModelFigureOptions,
  ReportModel,
  ReportOptions,
  ReportRecord,
  TextReportOptions,
} from './report';
export * as report from './report';
export {
  type Accuracy,
  type ClassifierFitOptions,
  type Prediction,
  SequenceClassifier,
  type SequenceClassifierOptions,
} from './sequence-classifier';
export { Session, type SessionOptions, type SessionOutput } from './session';
export { defaultCutoffs } from './softmax-defaults';
export { type LayerSummary, type ParameterSummary, type ShapeLetters, Summary } from './summary';
export type { NestedNumbers, NestedPlanes, NestedRows, Tensor, TensorDType } from './tensor';
export * as tensor from './tensor';
export { CHINESE_STOP_WORDS } from './text/chinese-stop-words';
export { Corpus, type CorpusOptions, type CorpusSplit, type DocumentsOptions } from './text/corpus';
export type { EncodingName } from './text/encoding-names';
export type { Encoding } from './text/encodings';
export type { Example, LabelledTexts, SourcedExample } from './text/example';
export { FileCorpus, type FileCorpusOptions, type FileCorpusSplit, type ReadingProgress } from './text/file-corpus';
export type { EncodeOptions } from './text/part-encoding';
export { ENGLISH_STOP_WORDS } from './text/stop-words';
export type { FormOptions, LineEnds, Normalization, ReadOptions, TextForm } from './text/text-form';
export {
  TextVectorizer,
  type TextVectorizerJSON,
  type TokenSequences,
  type VectorizerAdaptOptions,
  type VectorizerVocabularyOptions,
} from './text/text-vectorizer';
export type { TokenCounts } from './text/token-counts';
export type { FileSource, TokenSource } from './text/token-source';
export type {
  Splitting,
  Standardization,
  StopWords,
  TextVectorizerOptions,
  VectorizerOutput,
} from './text/vectorizer-options';
export { type TokenDecoder, Vocabulary } from './text/vocabulary';
export type { VocabularyJSON } from './text/vocabulary-json';
export type { TokenKind, UnknownPolicy, VocabularyOptions } from './text/vocabulary-options';
export { WordList, type WordListJSON } from './text/word-list';
export {
  type EmbeddingMatrixOptions,
  embeddingMatrix,
  readWordVectors,
  type WordVectors,
  type WordVectorsOptions,
} from './text/word-vectors';
export { TextClassifier } from './text-classifier';
export type {
  TextClassifierComputeOptions,
  TextClassifierFitOptions,
  TextClassifierOptions,
  TextClassifierScore,
  TextPrediction,
} from './text-classifier-types';
export * as callbacks from './training/callbacks';
export type { Callback, StepResult, TrainedModel, TrainingControl } from './training/callbacks/callback';
export type { CheckpointOptions } from './training/callbacks/checkpoint';
export type { EarlyStopping, EarlyStoppingOptions } from './training/callbacks/early-stopping';
export type { ReduceOnPlateauOptions } from './training/callbacks/reduce-on-plateau';
export type {
  GuidedData,
  LabelledData,
  PairedData,
  TaggedData,
  Tags,
  TrainingData,
  ValuedData,
  Values,
} from './training/data';
export type { EpochResult, LanguageModelEpoch, Monitor } from './training/epoch-result';
export type { Estimate } from './training/estimate';
export type { ExampleFitOptions } from './training/example-options';
export type { Score } from './training/example-training';
export { collect, type EpochJSON, History } from './training/history';
export type { TrainingBytes } from './training/memory';
export type {
  ModelEvaluationOptions,
  ModelFitOptions,
  PredictionOptions,
  RaggedPredictionOptions,
} from './training/model-training';
export type { OptimizerDescription, OptimizerHyperparameters, OptimizerKind } from './training/optimizers';
export type { CheckpointSettings, FitOptions, TrainingOptions } from './training/options';
export type { FitProgress } from './training/options/training-options-table';
export type { ScheduleDescription, ScheduleKind } from './training/schedule';
export type { JoinedSequences, SequenceData } from './training/sequences';
export type { Training } from './training/training';

/**
 * What the native module is and runs on.
 * @throws ERR_UNROLLED_NATIVE_LOAD
 */
export function info(): NativeInfo {
  return addon().info();
}

/**
 * Sets the number of threads that calls use which ask for none.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function setThreads(threads: number): void {
  addon().setThreads(check.integer('threads', threads, { min: 1, max: MAX_THREADS }));
}
