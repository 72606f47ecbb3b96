/** What travels into the page for its script: the record's numbers, thinned out, rounded, and safe as JSON. */

import { type Buckets, bucketed } from './downsample';
import type { ActivationData, ChartData, Line, PageData, StepChartData, Value } from './page-types';
import type { ReportActivations, ReportComparison, ReportEpoch, ReportRecord, ReportSteps } from './record';

/** Most buckets of a series: more than a wide screen has pixels for. */
const MOST_BUCKETS = 2000;

/** Six digits: more than a screen shows, and half the bytes. */
function rounded(value: number | undefined): Value {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
}

function line(label: string, values: readonly (number | undefined)[], unseen = false): Line | undefined {
  const shown = values.map(rounded);
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
}

const EPOCH_CHARTS: readonly EpochChart[] = [
  {
    id: 'loss',
    title: 'Loss',
    yLabel: 'nats',
    lines: [
      ['training', 'loss'],
      ['validation', 'validationLoss', true],
    ],
    logarithmic: 'offered',
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
    title: 'Tokens per second',
    yLabel: '',
    lines: [['tokens per second', 'tokensPerSecond']],
    fromZero: true,
  },
];

function epochCharts(epochs: readonly ReportEpoch[]): ChartData[] {
  const history = epochs.filter(({ epoch }) => Number.isFinite(epoch)).sort((a, b) => a.epoch - b.epoch);
  return EPOCH_CHARTS.flatMap(({ lines, ...chart }) => {
    const drawn = lines.flatMap(
      ([label, key, unseen]) =>
        line(
          label,
          history.map((epoch) => epoch[key]),
          unseen,
        ) ?? [],
    );
    if (drawn.length === 0) return [];
    // People count epochs from 1.
    return { ...chart, xLabel: 'epoch', x: history.map(({ epoch }) => epoch + 1), lines: drawn, group: 'epochs' };
  });
}

function stepChart(
  id: string,
  title: string,
  yLabel: string,
  values: ArrayLike<number> | undefined,
  first: number,
): StepChartData | undefined {
  if (values === undefined || values.length === 0) return undefined;
  const buckets: Buckets = bucketed(values, MOST_BUCKETS);
  if (buckets.gaps === values.length) return undefined;
  const [min, max, mean] = [buckets.min, buckets.max, buckets.mean].map((each) => each.map(rounded)) as [
    Value[],
    Value[],
    Value[],
  ];
  // People count steps from 1.
  const start = buckets.start.map((step) => step + first + 1);
  return { id, title, yLabel, ...buckets, start, min, max, mean, logarithmic: 'offered' };
}

function stepCharts({ first = 0, loss, learningRate, gradientNorm }: ReportSteps): StepChartData[] {
  return [
    stepChart('step-loss', 'Loss of each step', 'nats', loss, first),
    stepChart('step-learning-rate', 'Learning rate of each step', '', learningRate, first),
    stepChart('step-gradient-norm', 'Gradient norm of each step', '', gradientNorm, first),
  ].filter((chart) => chart !== undefined);
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
      // Where all is zero, a logarithmic scale would be empty.
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
  const { history = [], steps, samples = [], activations = [], neighbours, comparisons = [] } = record;
  const ofSteps = steps === undefined ? [] : stepCharts(steps);
  const ofEpochs = epochCharts(history).filter((chart) => !isShownBySteps(chart, ofSteps));
  return {
    charts: [...ofEpochs, ...gradientChart(record), ...comparisons.flatMap(comparisonChart)],
    stepCharts: ofSteps,
    samples: samples.map(({ epoch, step, text }) => ({ epoch, step, text })),
    activations: activations.filter(({ tokens }) => tokens.length > 0).map(activationData),
    ...(neighbours !== undefined && { neighbours }),
  };
}
