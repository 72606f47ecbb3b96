/** The figures at the head of a page: of the weights that were kept, in the units of the loss. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { History, layers, Model } from '../../src/index';
import { type ReportRecord, renderReport, trainingParts } from '../../src/report';
import { epochResult } from '../support/epochs';
import { useFolder } from '../support/folder';
import { dataOf, fullRecord } from '../support/report';

/** The tiles of a page: what they are called, and what they say. */
function tilesOf(page: string): Record<string, string> {
  const tiles = [...page.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)(?: <small>(.*?)<\/small>)?<\/dd>/g)];
  return Object.fromEntries(tiles.map(([, name, value, unit = '']) => [name, `${value} | ${unit}`]));
}

describe('the head of a report', () => {
  const at = useFolder();
  const history = [
    { epoch: 0, step: 9, loss: 2, validationLoss: 2.1, validationAccuracy: 0.8611 },
    { epoch: 1, step: 19, loss: 1.5, validationLoss: 1.75, validationAccuracy: 0.7778 },
    { epoch: 2, step: 29, loss: 1, validationLoss: 1.9, validationAccuracy: 0.8 },
  ];

  it('has the figures of the epoch that was kept, and says where others were better', () => {
    assert.deepEqual(tilesOf(renderReport({ title: 't', history, keptEpoch: 1 })), {
      'Validation loss': '1.75 | nats, epoch 2, kept, the best',
      'Validation accuracy': '77.78 % | epoch 2, kept; best: 86.11 %, epoch 1',
      'Weights kept': 'epoch 2 | of 3',
      'Training loss': '1.50 | nats, epoch 2, kept',
      Steps: '30 | in 3 epochs',
    });
  });

  it('has the same digits of figures that stand beside each other', () => {
    const close = [
      { epoch: 0, step: 9, loss: 4, validationLoss: 3.9004, validationAccuracy: 0.503 },
      { epoch: 1, step: 19, loss: 3.8, validationLoss: 3.91, validationAccuracy: 0.5045 },
    ];
    const page = renderReport({ title: 't', history: close, keptEpoch: 0 });
    assert.deepEqual(tilesOf(page), {
      'Validation loss': '3.900 | nats, epoch 1, kept, the best',
      'Validation accuracy': '50.30 % | epoch 1, kept; best: 50.45 %, epoch 2',
      'Weights kept': 'epoch 1 | of 2',
      'Training loss': '4.000 | nats, epoch 1, kept',
      Steps: '20 | in 2 epochs',
    });
    const rows = [...page.matchAll(/<tr><th scope="row">\d.*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/<td class="number">(.*?)<\/td>/g)].map(([, cell]) => cell),
    );
    assert.deepEqual(rows, [
      ['4.0', '3.9004', '0.5030'],
      ['3.8', '3.9100', '0.5045'],
    ]);
    const table = { title: 'a', columns: ['b', 'c'], rows: [[0.25, 7] as const, [0.5, 8] as const] };
    assert.match(renderReport({ title: 't', tables: [table] }), />0\.25<.*>7<.*>0\.50<.*>8</);
  });

  it('names the epoch of every figure where none is known to be kept', () => {
    assert.deepEqual(tilesOf(renderReport({ title: 't', history })), {
      'Best validation loss': '1.75 | nats, epoch 2',
      'Best validation accuracy': '86.11 % | epoch 1',
      'Training loss': '1.00 | nats, epoch 3',
      Steps: '30 | in 3 epochs',
    });
    // Of the epoch that was kept nothing is known, as in a history that was cut.
    const cut = tilesOf(renderReport({ title: 't', history: history.slice(1), keptEpoch: 0 }));
    assert.equal(cut['Best validation loss'], '1.75 | nats, epoch 2');
    assert.equal(cut['Weights kept'], 'epoch 1 | of 3');
    const isInfinite = history.map((epoch) => ({ ...epoch, validationLoss: Number.POSITIVE_INFINITY }));
    assert.equal('Validation loss' in tilesOf(renderReport({ title: 't', history: isInfinite, keptEpoch: 1 })), false);
  });

  it('marks the epoch that was kept in every chart of the training, and in no other', () => {
    const record = { ...fullRecord(), steps: { loss: [3, 2, 1], gradientNorm: [1, 1, 1] }, history, keptEpoch: 1 };
    const { charts, stepCharts } = dataOf(renderReport(record));
    const marks = [...charts, ...stepCharts].map(({ id, mark }) => [id, mark?.x]);
    assert.deepEqual(marks, [
      ['loss', 2],
      ['accuracy', 2],
      ['gradient-by-step', undefined],
      ['comparison-0', undefined],
      ['step-loss', 20],
      ['step-gradient-norm', 20],
    ]);
  });

  it('says of the two curves when each is measured', () => {
    const words = /mean over an epoch, while the weights change\. Validation comes after the epoch/;
    assert.match(renderReport({ title: 't', history }), words);
    const alone = history.map(({ epoch, step, loss }) => ({ epoch, step, loss }));
    assert.doesNotMatch(renderReport({ title: 't', history: alone }), words);
  });

  it('has the unit of the loss and of the speed wherever they stand', () => {
    const timed = history.map((epoch) => ({ ...epoch, tokensPerSecond: 5 }));
    const record: ReportRecord = { title: 't', history: timed, steps: { loss: [2, 1] } };
    const units = { loss: 'metres', speed: 'walks' };
    const page = renderReport({ ...record, units });
    assert.doesNotMatch(page.replace(/^.*<body>|<script.*/gs, ''), /nats|tokens/);
    assert.equal(tilesOf(page)['Median speed'], '5 | walks/s');
    assert.equal(tilesOf(page)['Training loss'], '1.00 | metres, epoch 3');
    assert.match(page, /training loss, metres<.*speed, walks\/s</);
    const { charts, stepCharts } = dataOf(page);
    const labels = Object.fromEntries([...charts, ...stepCharts].map(({ id, yLabel }) => [id, yLabel]));
    assert.deepEqual(labels, { loss: 'metres', accuracy: 'fraction right', speed: 'walks/s', 'step-loss': 'metres' });
    assert.match(renderReport(record), /nats/);
    for (const wrong of [{ loss: 1 }, { lost: 'metres' }, 'metres']) {
      assert.throws(() => renderReport({ ...record, units: wrong as never }), { code: /^ERR_UNROLLED_/ });
    }
  });

  const sizes = { inputs: [[1], [2], [1, 2]], batch: 2 };
  const kinds: [string, () => Model, Parameters<Model['fit']>[0], string | undefined, string][] = [
    [
      'a regression of sequences',
      () => Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: sequence(1) }),
      { inputs: sizes.inputs, values: [[1], [2], [3]] } as never,
      'squared error',
      'examples',
    ],
    [
      'a regression of steps',
      () => Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: stepwise(1) }),
      { inputs: sizes.inputs, values: [[[1]], [[2]], [[3], [4]]] } as never,
      'squared error',
      'time steps',
    ],
    [
      'a classifier',
      () => Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: sequence(2) }),
      { inputs: sizes.inputs, labels: [0, 1, 0] },
      undefined,
      'examples',
    ],
    [
      'a tagger',
      () => Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: stepwise(2) }),
      { inputs: sizes.inputs, tags: [[0], [1], [1, 0]] },
      undefined,
      'tokens',
    ],
  ];
  const sequence = (outputs: number) => [
    layers.embedding(2),
    layers.rnn(3),
    layers.pooling('last'),
    layers.dense(outputs),
  ];
  const stepwise = (outputs: number) => [layers.embedding(2), layers.rnn(3), layers.dense(outputs)];

  for (const [name, create, data, loss, speed] of kinds) {
    it(`takes its units from what was trained: ${name}`, async () => {
      using model = create();
      const trained = await model.fit(data, { epochs: 2, batch: 2 });
      await model.report(at('page.html'), { history: trained });
      const page = readFileSync(at('page.html'), 'utf8');
      const { charts, stepCharts } = dataOf(page);
      const label = (id: string) => [...charts, ...stepCharts].find((chart) => chart.id === id)?.yLabel;
      assert.equal(label('loss'), loss ?? 'nats');
      assert.equal(label('step-loss'), loss ?? 'nats');
      assert.equal(label('speed'), `${speed}/s`);
      assert.match(tilesOf(page)['Median speed'] ?? '', new RegExp(` ${speed}/s$`));
      // As a program that went through JSON has it.
      const again = History.fromJSON(JSON.parse(JSON.stringify(trained)));
      assert.deepEqual(trainingParts(again, [], model.description), trainingParts(trained, [], model.description));
      // What the caller says counts.
      await model.report(at('page.html'), { history: trained, units: { loss: 'metres' } });
      assert.match(readFileSync(at('page.html'), 'utf8'), /metres/);
    });
  }

  it('knows a squared error without the model too, and takes figures that were typed in for nats', () => {
    const { bitsPerToken: _, ...squared } = epochResult(0, { loss: 3 });
    assert.deepEqual(trainingParts([squared]).units, { loss: 'squared error', speed: 'targets' });
    const units = { loss: 'metres', speed: 'targets' };
    assert.deepEqual(trainingParts([squared, { ...squared, lossUnit: 'metres' }]).units, units);
    assert.equal(trainingParts([epochResult(0, { loss: 3 })]).units, undefined);
    assert.equal(trainingParts([{ epoch: 0, step: 1, loss: 3 } as never]).units, undefined);
  });
});
