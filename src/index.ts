/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The public API.
 * @module unrolled
 */

import * as check from './base/check';
import { MAX_THREADS } from './base/limits';
import { addon } from './native/load';
import type { NativeInfo } from './native/native';

export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  NATIVE_LOAD_REASONS,
  type NativeLoadReason,
  UnrolledError,
} from './base/errors';
export { version } from './base/package';
export * as callbacks from './callbacks';
export type { JoinedSequences, SequenceData } from './data/sequences';
export type {
  GuidedData,
  LabelledData,
  PairedData,
  TaggedData,
  Tags,
  TrainingData,
  ValuedData,
  Values,
} from './data/training-data';
export * as datasets from './datasets';
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
export type { Answer, DecodingOptions } from './generation/decoding';
export type { BidirectionalOptions, Layer, LayerExtras, RecurrentLayerOptions } from './layers/layer-functions';
export * as layers from './layers/layer-functions';
export { defaultCutoffs } from './layers/softmax-defaults';
export type {
  ClassifierArchitecture,
  ClassifierNetworkOptions,
  Pooling,
} from './models/architecture/classifier-options-table';
export type { Architecture, NetworkOptions, Output, OutputOptions } from './models/architecture/network-options-table';
export { LanguageModel } from './models/language-model';
export type {
  Evaluation,
  EvaluationOptions,
  InitOptions,
  LanguageModelOptions,
  LoadOptions,
} from './models/language-model-types';
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
} from './models/model';
export {
  type Accuracy,
  type ClassifierFitOptions,
  type Prediction,
  SequenceClassifier,
  type SequenceClassifierOptions,
} from './models/sequence-classifier';
export { type LayerSummary, type ParameterSummary, type ShapeLetters, Summary } from './models/summary';
export { TextClassifier } from './models/text-classifier';
export type {
  TextClassifierComputeOptions,
  TextClassifierFitOptions,
  TextClassifierOptions,
  TextClassifierScore,
  TextPrediction,
} from './models/text-classifier-types';
export type { Activation, Cell } from './native/layer-choices';
export type { ClassLoss, Loss, ValueLoss } from './native/losses';
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
export type { Metadata, SaveOptions } from './network/file-metadata';
export type { FloatTensor, GivenParameters, InitialStates, Parameters, States } from './network/parameter-layout';
export { Session, type SessionOptions, type SessionOutput } from './network/session';
export type { OnnxOptions } from './onnx/options';
export type {
  ModelFigureOptions,
  ReportModel,
  ReportOptions,
  ReportRecord,
  TextReportOptions,
} from './report';
export * as report from './report';
export type { NestedNumbers, NestedPlanes, NestedRows, Tensor, TensorDType } from './tensor/tensor';
export * as tensor from './tensor/tensor';
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
} from './text/word-vectors/word-vectors';
export type { Callback, StepResult, TrainedModel, TrainingControl } from './training/callbacks/callback';
export type { CheckpointOptions } from './training/callbacks/checkpoint';
export type { EarlyStopping, EarlyStoppingOptions } from './training/callbacks/early-stopping';
export type { ReduceOnPlateauOptions } from './training/callbacks/reduce-on-plateau';
export type { TensorBoardOptions } from './training/callbacks/tensorboard';
export type { EpochResult, LanguageModelEpoch, Monitor } from './training/epoch-result';
export type { Estimate } from './training/estimate';
export type { Score } from './training/example-training';
export type { FitProgress } from './training/fit-progress';
export { collect, type EpochJSON, History } from './training/history';
export type {
  ModelEvaluationOptions,
  ModelFitOptions,
  PredictionOptions,
  RaggedPredictionOptions,
} from './training/model-training';
export type { ExampleFitOptions } from './training/options/example-options';
export type { OptimizerDescription, OptimizerHyperparameters, OptimizerKind } from './training/options/optimizers';
export type { CheckpointSettings, FitOptions, TrainingOptions } from './training/options/options';
export type { ScheduleDescription, ScheduleKind } from './training/options/schedule';
export type { Training } from './training/training';
export type { TrainingBytes } from './training/training-memory';

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
