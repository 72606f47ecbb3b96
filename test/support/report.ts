/** Records of a training that never was, for tests of the report. */

import type { PageData } from '../../src/report/page-types';
import type { ReportModel, ReportRecord } from '../../src/report/record';

/** What a page's script reads. */
export function dataOf(page: string): PageData {
  const [, json = ''] = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(json) as PageData;
}

/** The page's parts, by the name of each. */
export function sectionsOf(page: string): string[] {
  return [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id as string);
}

/** Numbers of a fixed sequence, from -1 to 1. */
export function wave(length: number, speed: number): number[] {
  return Array.from({ length }, (_, index) => Math.sin(index * speed));
}

export const encoderDecoder: ReportModel = {
  inputs: [
    { name: 'source', kind: 'ids', shape: ['S', 'B'] },
    { name: 'target', kind: 'ids', shape: ['T', 'B'] },
  ],
  layers: [
    { name: 'reading', type: 'embedding', shape: ['S', 'B', 32], parameters: 1600, from: ['source'] },
    { name: 'encoder', type: 'lstm', shape: ['S', 'B', 64], parameters: 25_088, recurrent: true },
    { name: 'writing', type: 'embedding', shape: ['T', 'B', 32], parameters: 1600, from: ['target'] },
    {
      name: 'decoder',
      type: 'lstm',
      shape: ['T', 'B', 64],
      parameters: 25_088,
      recurrent: true,
      initialState: 'encoder',
      states: [
        { name: 'decoder.h_l0', features: 64 },
        { name: 'decoder.c_l0', features: 64 },
      ],
    },
    { name: 'attention', type: 'attention', shape: ['T', 'B', 64], parameters: 8192, memory: 'encoder' },
    { name: 'head', type: 'dense', shape: ['T', 'B', 50], parameters: 3250 },
  ],
};

/** A record with every part. */
export function fullRecord(): ReportRecord {
  const epochs = 8;
  const tokens = [...'Ο\u0301ne <b>day</b>,\n\tשלום &c.'];
  return {
    title: 'Every part of a report',
    command: 'unrolled train "a file.txt" --report report.html',
    created: 'made for a test',
    model: encoderDecoder,
    history: Array.from({ length: epochs }, (_, epoch) => ({
      epoch,
      step: epoch * 500 + 499,
      loss: 3 / (epoch + 1),
      // The third is missing, as where a validation came out infinite.
      validationLoss: epoch === 2 ? Number.POSITIVE_INFINITY : 3.2 / (epoch + 1) + 0.1,
      accuracy: 1 - 1 / (epoch + 2),
      validationAccuracy: 0.95 - 1 / (epoch + 2),
      learningRate: 0.003 * 0.8 ** epoch,
      gradientNorm: 2 - 0.1 * epoch,
      tokensPerSecond: 30_000 + 500 * epoch,
      seconds: 12 * (epoch + 1),
    })),
    keptEpoch: 5,
    steps: { loss: wave(4000, 0.37).map((value, step) => 4 / (1 + step / 400) + 0.2 * value) },
    samples: Array.from({ length: epochs }, (_, epoch) => ({
      epoch,
      step: epoch * 500 + 499,
      text: `epoch ${epoch}: </script><script>window.broken = true</script>\n\u0000\u001b[31m \u202eback שלום`,
    })),
    confusions: [
      {
        title: 'The 30 texts that validated',
        classNames: ['sport', '<b>news</b>', 'weather'],
        counts: [
          [8, 2, 0],
          [1, 15, 0],
          [3, 1, 0],
        ],
      },
    ],
    activations: [
      { layer: 'decoder (lstm)', tokens, units: tokens.map((_, time) => wave(16, 0.3 * (time + 1))) },
      { layer: 'relu', tokens, units: tokens.map((_, time) => wave(4, time).map((value) => 3 * value)) },
    ],
    neighbours: {
      words: [
        { word: 'good', x: 1, y: 2, group: 'positive' },
        { word: 'happy', x: 1.2, y: 2.1, group: 'positive' },
        { word: 'bad', x: -1, y: -0.5, group: 'negative' },
        { word: 'sad', x: -1.1, y: -0.8, group: 'negative' },
        { word: '<i>', x: 0, y: 0, group: 'negative' },
      ],
      lists: [
        {
          word: 'good',
          neighbours: [
            { word: 'happy', distance: 0.11 },
            { word: 'sad', distance: 0.93 },
          ],
        },
        { word: 'bad', neighbours: [{ word: 'sad', distance: 0.2 }] },
      ],
    },
    gradientByStep: {
      series: [
        { label: 'rnn', norms: Array.from({ length: 30 }, (_, time) => 0.6 ** (29 - time)) },
        { label: 'lstm', norms: Array.from({ length: 30 }, (_, time) => 0.93 ** (29 - time)) },
      ],
    },
    tables: [
      {
        title: 'Test accuracy',
        columns: ['model', 'accuracy', 'parameters'],
        rows: [
          ['vanilla RNN', 0.711, 12_345],
          ['LSTM', 0.862, 49_380],
        ],
      },
    ],
    comparisons: [
      {
        title: 'Validation loss of two models',
        xLabel: 'seconds',
        yLabel: 'nats',
        series: [
          { label: 'vanilla RNN', x: [1, 2, 3, 4], y: [2.4, 2.2, Number.NaN, 2.1] },
          { label: 'LSTM', x: [1.5, 3.5, 5], y: [2.3, 1.9, 1.7] },
        ],
      },
    ],
  };
}

/** A classifier's record, of as many classes. */
export function classifierRecord(classes: number): ReportRecord {
  const classNames = Array.from({ length: classes }, (_, label) => `class ${label}, with a name of some length`);
  const counts = classNames.map((_, label) =>
    classNames.map((_, taken) => (taken === label ? 20 + label : (label * taken) % 5)),
  );
  const { command, history, model, activations } = fullRecord();
  return {
    title: `A classifier of ${classes} classes`,
    ...(command !== undefined && { command }),
    ...(history !== undefined && { history }),
    ...(model !== undefined && { model }),
    ...(activations !== undefined && { activations }),
    units: { speed: 'examples' },
    keptEpoch: 3,
    weights: 'The model has the weights of epoch 4. It is saved in model.safetensors.',
    note: 'Stopped early: no better for 3 epochs.',
    confusions: [{ title: `The ${20 * classes} texts that validated`, classNames, counts }],
  };
}

/** A regression's record: its loss is a squared error, large and hardly changing. */
export function regressionRecord(): ReportRecord {
  const steps = 3000;
  return {
    title: 'A regression',
    units: { loss: 'squared error', speed: 'time steps' },
    history: Array.from({ length: 6 }, (_, epoch) => ({
      epoch,
      step: 500 * epoch + 499,
      loss: 3_456_789 - 10 * epoch,
      validationLoss: 3_456_795 - 12 * epoch,
      tokensPerSecond: 1e4,
      seconds: epoch + 1,
    })),
    keptEpoch: 5,
    steps: {
      loss: wave(steps, 0.7).map((value, step) => 3_456_789 - step / 50 + value),
      learningRate: Array.from({ length: steps }, (_, step) => 0.01 * (1 - step / steps)),
    },
  };
}

/** A language model's record. */
export function languageModelRecord(): ReportRecord {
  const { confusions: _, neighbours: __, tables: ___, comparisons: ____, ...record } = fullRecord();
  return {
    ...record,
    title: 'LSTM on a text',
    model: {
      inputs: [{ name: 'input', kind: 'ids', shape: ['T', 'B'] }],
      layers: [
        { name: 'embedding', type: 'embedding', shape: ['T', 'B', 32], parameters: 1600 },
        { name: 'rnn', type: 'lstm', shape: ['T', 'B', 64], parameters: 25_088, recurrent: true, note: 'dropout 0.2' },
        { name: 'head', type: 'dense', shape: ['T', 'B', 50], parameters: 3250 },
      ],
    },
    weights: 'The model has the weights of epoch 6, the one with the lowest validation loss.',
  };
}

/** A record of gradients through time alone, as `collectGradientByStep` gives them. */
export function gradientRecord(): ReportRecord {
  const { gradientByStep } = fullRecord();
  return { title: 'Gradients of three networks', ...(gradientByStep !== undefined && { gradientByStep }) };
}
