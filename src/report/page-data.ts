/** The data of the page for its script: the numbers of the record, downsampled, rounded, and safe as JSON. */

import { digitsOf } from './display';
import { type Buckets, bucketed } from './downsample';
import type { ActivationData, ChartData, Line, Mark, PageData, StepChartData, Value } from './page-types';
import type { ReportActivations, ReportComparison, ReportEpoch, ReportRecord } from './record';
import { shownUnits } from './units';

/** Most buckets of a series: more than a wide screen has pixels for. */
const MOST_BUCKETS = 2000;

/** Six digits, and more of values that lie close together: more than a screen shows, and half the bytes. */
function rounded(...series: readonly (readonly (number | undefined)[])[]): Value[][] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of series.flat()) {
    if (value === undefined || !Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const digits = digitsOf(min, max, 6);
  return series.map((values) =>
    values.map((value) => (value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(digits)))),
  );
}

function line(label: string, values: readonly (number | undefined)[], unseen = false): Line | undefined {
  const [shown = []] = rounded(values);
  if (shown.every((value) => value === null)) return undefined;
  return { label, values: shown, ...(unseen && { unseen }) };
}

type EpochNumber = Exclude<keyof ReportEpoch, 'epoch' | 'step' | 'seconds'>;

interface EpochChart {
  id: string;
  title: string;
  yLabel: string;
  lines: readonly (readonly [label: string, key: EpochNumber, unseen?: boolean])[];
  logarithmic?: 'offered';
  fromZero?: boolean;
  note?: string;
}

/** The note of a chart with a curve of the training and one of unseen data. */
const TWO_CURVES =
  'The training curve is the mean over an epoch, while the weights change. Validation comes after the epoch, with the weights at its end.';

const EPOCH_CHARTS: readonly EpochChart[] = [
  {
    id: 'loss',
    title: 'Loss',
    yLabel: '',
    lines: [
      ['training', 'loss'],
      ['validation', 'validationLoss', true],
    ],
    logarithmic: 'offered',
    note: TWO_CURVES,
  },
  {
    id: 'accuracy',
    title: 'Accuracy',
    yLabel: 'fraction right',
    lines: [
      ['training', 'accuracy'],
      ['validation', 'validationAccuracy', true],
    ],
  },
  {
    id: 'learning-rate',
    title: 'Learning rate',
    yLabel: '',
    lines: [['learning rate', 'learningRate']],
    logarithmic: 'offered',
  },
  {
    id: 'gradient-norm',
    title: 'Gradient norm',
    yLabel: '',
    lines: [['gradient norm', 'gradientNorm']],
    logarithmic: 'offered',
  },
  {
    id: 'speed',
    title: 'Speed',
    yLabel: '',
    lines: [['speed', 'tokensPerSecond']],
    fromZero: true,
  },
];

/** The epoch whose weights were kept, for the charts. */
interface Kept {
  ofEpochs?: Mark;
  ofSteps?: Mark;
}

function keptOf({ history = [], keptEpoch }: ReportRecord): Kept {
  if (keptEpoch === undefined) return {};
  const label = `kept: epoch ${keptEpoch + 1}`;
  const step = history.find(({ epoch }) => epoch === keptEpoch)?.step;
  return {
    ofEpochs: { x: keptEpoch + 1, label },
    ...(step !== undefined && { ofSteps: { x: step + 1, label } }),
  };
}

function epochCharts(record: ReportRecord, mark: Mark | undefined): ChartData[] {
  const { history: epochs = [] } = record;
  const units = shownUnits(record);
  const yLabels: Readonly<Record<string, string>> = { loss: units.loss, speed: `${units.speed}/s` };
  const history = epochs.filter(({ epoch }) => Number.isFinite(epoch)).sort((a, b) => a.epoch - b.epoch);
  return EPOCH_CHARTS.flatMap(({ lines, note, ...chart }) => {
    const drawn = lines.flatMap(
      ([label, key, unseen]) =>
        line(
          label,
          history.map((epoch) => epoch[key]),
          unseen,
        ) ?? [],
    );
    if (drawn.length === 0) return [];
    return {
      ...chart,
      yLabel: yLabels[chart.id] ?? chart.yLabel,
      xLabel: 'epoch',
      // People count epochs from 1.
      x: history.map(({ epoch }) => epoch + 1),
      lines: drawn,
      group: 'epochs',
      ...(mark !== undefined && { mark }),
      ...(note !== undefined && drawn.length > 1 && { note }),
    };
  });
}

interface StepChart {
  id: string;
  title: string;
  yLabel: string;
  values: ArrayLike<number> | undefined;
  /** A learning rate has no noise. */
  noisy: boolean;
}

/** Buckets on each side of the one that a smoothed curve is at, to begin with: a hundredth of the run. */
function halfWidth(buckets: number): number {
  return Math.max(1, Math.round(buckets / 100));
}

function stepChart(
  { values, noisy, ...chart }: StepChart,
  first: number,
  mark: Mark | undefined,
): StepChartData | undefined {
  if (values === undefined || values.length === 0) return undefined;
  const buckets: Buckets = bucketed(values, MOST_BUCKETS);
  if (buckets.gaps === values.length) return undefined;
  const [min = [], max = [], mean = []] = rounded(buckets.min, buckets.max, buckets.mean);
  return {
    ...chart,
    ...buckets,
    // People count steps from 1.
    start: buckets.start.map((step) => step + first + 1),
    last: first + values.length,
    ...{ min, max, mean },
    ...(noisy && { smoothing: halfWidth(buckets.start.length) }),
    ...(mark !== undefined && { mark }),
    logarithmic: 'offered',
  };
}

function stepCharts(record: ReportRecord, mark: Mark | undefined): StepChartData[] {
  if (record.steps === undefined) return [];
  const { first = 0, loss, learningRate, gradientNorm } = record.steps;
  const charts: StepChart[] = [
    { id: 'step-loss', title: 'Loss of each step', yLabel: shownUnits(record).loss, values: loss, noisy: true },
    {
      ...{ id: 'step-learning-rate', title: 'Learning rate of each step', yLabel: '' },
      ...{ values: learningRate, noisy: false },
    },
    {
      ...{ id: 'step-gradient-norm', title: 'Gradient norm of each step', yLabel: '' },
      ...{ values: gradientNorm, noisy: true },
    },
  ];
  return charts.flatMap((chart) => stepChart(chart, first, mark) ?? []);
}

function gradientChart({ gradientByStep }: ReportRecord): ChartData[] {
  if (gradientByStep === undefined) return [];
  const length = Math.max(0, ...gradientByStep.series.map(({ norms }) => norms.length));
  const lines = gradientByStep.series.flatMap(({ label, norms }) => line(label, Array.from(norms)) ?? []);
  if (lines.length === 0) return [];
  return [
    {
      id: 'gradient-by-step',
      title: 'How far the gradient reaches back',
      xLabel: 'time step',
      yLabel: 'norm of dL/dh',
      x: Array.from({ length }, (_, index) => index + 1),
      lines: lines.map((each) => ({
        ...each,
        values: Array.from({ length }, (_, index) => each.values[index] ?? null),
      })),
      // If all values are zero, a logarithmic scale would be empty.
      logarithmic: lines.some(({ values }) => values.some((value) => (value ?? 0) > 0)) ? 'initial' : 'offered',
    },
  ];
}

function comparisonChart({ title, xLabel, yLabel, series }: ReportComparison, index: number): ChartData[] {
  const lines = series.flatMap((each) => {
    const points = Array.from(each.x, (x, i) => ({ x, y: each.y[i] }))
      .filter(({ x }) => Number.isFinite(x))
      .sort((a, b) => a.x - b.x);
    const drawn = line(
      each.label,
      points.map(({ y }) => y),
    );
    return drawn === undefined ? [] : [{ ...drawn, x: points.map(({ x }) => x) }];
  });
  if (lines.length === 0) return [];
  return [{ id: `comparison-${index}`, title, xLabel, yLabel, lines, logarithmic: 'offered' }];
}

function activationData({ layer, tokens, units }: ReportActivations): ActivationData {
  const width = units[0]?.length ?? 0;
  let scale = 1;
  for (const row of units) {
    for (let unit = 0; unit < width; unit++) {
      const size = Math.abs(row[unit] as number);
      if (Number.isFinite(size) && size > scale) scale = size;
    }
  }
  const bytes = new DataView(new ArrayBuffer(tokens.length * width * 2));
  for (const [time, row] of units.entries()) {
    for (let unit = 0; unit < width; unit++) {
      const value = row[unit] as number;
      const stored = Number.isFinite(value) ? Math.round((value / scale) * 32767) : -32768;
      bytes.setInt16((time * width + unit) * 2, stored, true);
    }
  }
  return {
    layer,
    tokens: [...tokens],
    units: width,
    scale,
    values: Buffer.from(bytes.buffer).toString('base64'),
  };
}

/** Whether a curve over the epochs says less than the one over the steps; the loss is compared with validation. */
function isShownBySteps({ id }: ChartData, charts: readonly StepChartData[]): boolean {
  return id !== 'loss' && charts.some((chart) => chart.id === `step-${id}`);
}

/** The numbers of a record as the page's script reads them. */
export function pageData(record: ReportRecord): PageData {
  const { samples = [], activations = [], neighbours, comparisons = [] } = record;
  const kept = keptOf(record);
  const ofSteps = stepCharts(record, kept.ofSteps);
  const ofEpochs = epochCharts(record, kept.ofEpochs).filter((chart) => !isShownBySteps(chart, ofSteps));
  return {
    charts: [...ofEpochs, ...gradientChart(record), ...comparisons.flatMap(comparisonChart)],
    stepCharts: ofSteps,
    samples: samples.map(({ epoch, step, text }) => ({
      epoch,
      step,
      text,
      ...(epoch === record.keptEpoch && { isKept: true }),
    })),
    activations: activations.filter(({ tokens }) => tokens.length > 0).map(activationData),
    ...(neighbours !== undefined && { neighbours }),
  };
}
