/**
 * The contents of a report as plain data. Every part except the title may be absent, and is then not on the page.
 * Numbers that are not finite are shown as gaps.
 */

/** Sizes of an array; a letter stands for a size that is not fixed: `['T', 'B', 256]`. */
export type ReportShape = readonly (number | string)[];

/** An input of a model. */
export interface ReportInput {
  name: string;
  /** `ids`, `features`, or any other word. */
  kind: string;
  /** A first letter other than `B` is a time axis; without one there is a single value for the whole sequence. */
  shape: ReportShape;
}

/** A layer of a model to draw. */
export interface ReportLayer {
  name: string;
  /** `embedding`, `lstm`, `dense`, … */
  type: string;
  /** Shape of the output, like `ReportInput.shape`. */
  shape: ReportShape;
  /** Number of trained parameters. */
  parameters: number;
  /** Names of the inputs and layers whose output it reads; the one listed before it where absent. */
  from?: readonly string[];
  /** The layer whose final state it begins with. */
  initialState?: string;
  /** The layer all of whose outputs it looks at in every step (attention). */
  memory?: string;
  /** Whether a state goes from step to step. */
  recurrent?: boolean;
  bidirectional?: boolean;
  /** Stacked layers of the same kind; 1 where absent. */
  stacked?: number;
  /** Names and sizes of its states. */
  states?: readonly { name: string; features: number }[];
  /** Anything else worth a word: `tanh`, `dropout 0.2`. */
  note?: string;
}

/** A model to draw: a graph of layers, each listed after what it reads. */
export interface ReportModel {
  /** One sentence. */
  description?: string;
  inputs: readonly ReportInput[];
  layers: readonly ReportLayer[];
}

/** One epoch. Losses are in nats per token or example, except a record with other `units`. */
export interface ReportEpoch {
  /** Index of the epoch, from 0. */
  epoch: number;
  /** Last step of the epoch, from 0 over the whole run. */
  step: number;
  loss: number;
  validationLoss?: number;
  /** Fraction of 1. */
  accuracy?: number;
  validationAccuracy?: number;
  learningRate?: number;
  /** Over all trained parameters, after clipping by value, before clipping by norm. */
  gradientNorm?: number;
  /** Tokens, or what `units.speed` says. */
  tokensPerSecond?: number;
  /** Since the run began. */
  seconds?: number;
}

/** One number for each training step. Long runs are thinned out, but no extreme is lost. */
export interface ReportSteps {
  /** Number of the first step; 0 where absent. */
  first?: number;
  loss: ArrayLike<number>;
  learningRate?: ArrayLike<number>;
  gradientNorm?: ArrayLike<number>;
}

/** A text that the model generated after an epoch. */
export interface ReportSample {
  epoch: number;
  step: number;
  text: string;
}

/** The outputs of a recurrent layer over a text. */
export interface ReportActivations {
  layer: string;
  /** The T tokens of the text. */
  tokens: readonly string[];
  /** `[T][H]`: the output of each unit after each token. */
  units: readonly ArrayLike<number>[];
}

/** The confusions of a classifier. */
export interface ReportConfusion {
  /** The examples, for example `The 40 texts used for validation`. */
  title: string;
  classNames: readonly string[];
  /** Examples of class i that were predicted as class j: `counts[i][j]`. */
  counts: readonly (readonly number[])[];
}

/** Words in a plane, and the nearest ones of some. */
export interface ReportNeighbours {
  words: readonly { word: string; x: number; y: number; group?: string }[];
  lists: readonly { word: string; neighbours: readonly { word: string; distance: number }[] }[];
}

/** How far a gradient reaches back: the norm of dL/dh after each time step, from the first. */
export interface ReportGradientByStep {
  series: readonly { label: string; norms: ArrayLike<number> }[];
}

/** A table with a title. */
export interface ReportTable {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/** Curves of several runs in one plot. */
export interface ReportComparison {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly { label: string; x: ArrayLike<number>; y: ArrayLike<number> }[];
}

/** A report as plain data; what is absent is not on the page. */
export interface ReportRecord {
  title: string;
  /** The command line that made it. */
  command?: string;
  /** When it was made, in words of the caller's; no time of day is added. */
  created?: string;
  /** A remark at the top of the page, for example that the training was interrupted. */
  note?: string;
  model?: ReportModel;
  history?: readonly ReportEpoch[];
  /** The unit of the loss, `nats` by default, and the unit of the speed per second, `tokens` by default. */
  units?: { loss?: string; speed?: string };
  /** The epoch, from 0, whose weights the model has: the figures at the head of the page are its. */
  keptEpoch?: number;
  /** The weights of the model, in words. */
  weights?: string;
  steps?: ReportSteps;
  samples?: readonly ReportSample[];
  confusions?: readonly ReportConfusion[];
  activations?: readonly ReportActivations[];
  neighbours?: ReportNeighbours;
  gradientByStep?: ReportGradientByStep;
  tables?: readonly ReportTable[];
  comparisons?: readonly ReportComparison[];
}
