/** The features that are crossed, and which of them go together. */

import { OPTIMIZER_KINDS } from '../../src/training/options/optimizers';
import { type ConfigurationOf, coveringSet } from './covering';

/** What every model and every training has. */
const COMMON = {
  cell: ['lstm', 'gru', 'rnn', 'relu'],
  layers: [1, 2],
  dtype: ['float32', 'float64'],
  initializer: ['default', 'orthogonal'],
  modelSeed: [0, 7, 2 ** 40],
  dropout: [0, 0.3],
  optimizer: ['adam', ...OPTIMIZER_KINDS.filter((kind) => kind !== 'adam')],
  schedule: ['constant', 'step', 'exponential', 'linear', 'cosine', 'warmup', 'step in epochs'],
  reduction: ['mean', 'sum'],
  clipValue: [0, 0.05],
  clipNorm: [0, 0.5],
  weightDecay: [0, 0.01],
  sparse: ['exact', 'lazy'],
  precision: ['float32', 'bf16'],
  seed: [0, 3, 2 ** 40],
  batch: [1, 3],
  validation: [0, 0.2],
  freeze: ['nothing', 'first', 'recurrent', 'last'],
  callbacks: ['none', 'early stopping', 'plateau', 'scale'],
  /** Where the training is cut, in steps of its epoch, and whether the rest of the run is told in steps. */
  cut: ['first step', 'within', 'end of an epoch', 'last step'],
  bound: ['epochs', 'steps'],
  threads: [1, 2],
  resumeThreads: [1, 2],
} as const;

export const TEXT_FACTORS = {
  ...COMMON,
  embedding: [5, 'onehot', 'tied'],
  singleBias: [false, true],
  recurrentDropout: [0, 0.25],
  layerNorm: [false, true],
  output: ['exact', 'adaptive', 'sampled'],
  tokens: ['char', 'grapheme', 'byte', 'word'],
  corpus: ['stream', 'documents', 'file'],
  window: [3, 7],
  shuffle: [true, false],
} as const;

export const EXAMPLE_FACTORS = {
  ...COMMON,
  kind: ['TextClassifier', 'SequenceClassifier', 'labelled', 'tagged', 'paired', 'vectors'],
  bidirectional: [false, true],
  pooling: ['final', 'last', 'mean', 'max', 'sum'],
  dense: [0, 3],
  classes: [2, 3],
  bucketing: [0, 2],
  shuffle: [true, false],
} as const;

export type TextConfiguration = ConfigurationOf<typeof TEXT_FACTORS>;
export type ExampleConfiguration = ConfigurationOf<typeof EXAMPLE_FACTORS>;
export type CommonConfiguration = ConfigurationOf<typeof COMMON>;
export type Configuration = ({ family: 'text' } & TextConfiguration) | ({ family: 'examples' } & ExampleConfiguration);

/** What holds of every training. */
function goesTogether({ callbacks, validation, precision, dtype }: CommonConfiguration): boolean {
  if (callbacks === 'early stopping' && validation === 0) return false;
  return precision === 'float32' || dtype === 'float32';
}

function isText(configuration: TextConfiguration): boolean {
  const { layerNorm, singleBias, output, embedding } = configuration;
  if (output === 'adaptive' && embedding === 'tied') return false;
  if (layerNorm && singleBias) return false;
  return goesTogether(configuration);
}

function isOfExamples(configuration: ExampleConfiguration): boolean {
  const { kind, bidirectional, pooling } = configuration;
  if (bidirectional && (kind === 'SequenceClassifier' || kind === 'paired')) return false;
  // What answers every position pools nothing, and a sequence classifier takes the last state.
  if (pooling !== 'last' && (kind === 'SequenceClassifier' || kind === 'tagged' || kind === 'paired')) return false;
  return goesTogether(configuration);
}

/** Whether its features go together. */
export function isPossible(configuration: Configuration): boolean {
  return configuration.family === 'text' ? isText(configuration) : isOfExamples(configuration);
}

/** All configurations, in an order that is always the same. */
export function allConfigurations(): Configuration[] {
  const texts = coveringSet(TEXT_FACTORS, isText).map((each) => ({ family: 'text', ...each }) as const);
  const examples = coveringSet(EXAMPLE_FACTORS, isOfExamples).map((each) => ({ family: 'examples', ...each }) as const);
  return [...texts, ...examples];
}
