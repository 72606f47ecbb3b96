/** The types of the page's data, shared by both sides of the report. */

import type { ReportNeighbours } from './record';

/** A number, or null for a gap in a curve. */
export type Value = number | null;

/** A line of a chart. */
export interface Line {
  label: string;
  /** Absent where the chart's lines share theirs. */
  x?: number[];
  values: Value[];
  /** The line is drawn dashed, as what was measured on unseen data. */
  unseen?: boolean;
}

/** A line across a chart at one place, with a word. */
export interface Mark {
  x: number;
  label: string;
}

export interface ChartData {
  id: string;
  title: string;
  xLabel: string;
  yLabel: string;
  /** The x values that all lines share; absent if each line has its own. */
  x?: number[];
  lines: Line[];
  /** Whether a logarithmic scale makes sense, and whether the chart begins with it. */
  logarithmic?: 'offered' | 'initial';
  /** The y axis begins at 0. */
  fromZero?: boolean;
  /** Charts of one group share their cursor. */
  group?: string;
  mark?: Mark;
  /** A sentence below the chart. */
  note?: string;
}

/** A chart of one value for each training step, in buckets. */
export interface StepChartData {
  id: string;
  title: string;
  yLabel: string;
  /** The first step of each bucket. */
  start: number[];
  /** The last step of all. */
  last: number;
  min: Value[];
  max: Value[];
  mean: Value[];
  width: number;
  gaps: number;
  /** Buckets on each side that smooth the curve at first; absent if there is no noise. */
  smoothing?: number;
  mark?: Mark;
  logarithmic?: 'offered' | 'initial';
}

export interface ActivationData {
  layer: string;
  tokens: string[];
  units: number;
  /** Largest magnitude, at least 1, so that colours of different layers are comparable. */
  scale: number;
  /** Base64 of little-endian 16-bit numbers `[T, H]`: 32767 is `scale`, -32768 is a gap. */
  values: string;
}

export interface PageData {
  charts: ChartData[];
  stepCharts: StepChartData[];
  /** `isKept`: written with the weights that were kept. */
  samples: { epoch: number; step: number; text: string; isKept?: boolean }[];
  activations: ActivationData[];
  neighbours?: ReportNeighbours;
}
