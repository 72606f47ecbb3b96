/** The page as a string: what is on it, what is not, and that nothing of a record becomes markup. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { UnrolledError } from '../../src/index';
import { type ReportRecord, renderReport, writeReport } from '../../src/report';
import { useFolder } from '../support/folder';
import { dataOf, fullRecord, sectionsOf } from '../support/report';

describe('the report', () => {
  const at = useFolder();

  it('carries activations as parts of the largest, and a mark for what is not finite', () => {
    const units = [
      [2, -1],
      [Number.NaN, Number.NEGATIVE_INFINITY],
    ];
    const record = { ...fullRecord(), activations: [{ layer: 'rnn', tokens: ['a', 'b'], units }] };
    const { values = '', scale } = dataOf(renderReport(record)).activations[0] ?? {};
    const bytes = Buffer.from(values, 'base64');
    assert.equal(scale, 2);
    assert.deepEqual(
      [0, 2, 4, 6].map((at) => bytes.readInt16LE(at)),
      [32767, -16383, -32768, -32768],
    );
  });

  it('gives the same bytes for the same record', () => {
    assert.equal(renderReport(fullRecord()), renderReport(structuredClone(fullRecord())));
  });

  it('has a section for each part of the record', () => {
    assert.deepEqual(sectionsOf(renderReport(fullRecord())), [
      'training',
      'classes',
      'samples',
      'activations',
      'gradient',
      'neighbours',
      'comparisons',
      'tables',
      'model',
    ]);
  });

  it('has no section for an absent part', () => {
    assert.deepEqual(sectionsOf(renderReport({ title: 'nothing yet' })), []);
    assert.deepEqual(sectionsOf(renderReport({ title: 'empty', history: [], steps: { loss: [] }, samples: [] })), []);
    const { history } = fullRecord();
    const page = renderReport({ title: 'curves alone', ...(history && { history }) });
    assert.deepEqual(sectionsOf(page), ['training']);
    assert.ok(page.includes('id="chart-loss"') && !page.includes('id="chart-step-loss"'));
  });

  it('names no address, and forbids every request', () => {
    const page = renderReport(fullRecord());
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
    assert.deepEqual(
      [...page.matchAll(/(?:src|href)="([^"#]*)/g)].map(([, address]) => address).filter((address) => address !== ''),
      ['data:,'],
    );
  });

  it('makes no markup of any text', () => {
    const evil = '</script></title><img src=x onerror=alert(1)>"\'&<!--\u2028\u0000';
    const shape = ['T', 'B', evil];
    const page = renderReport({
      title: evil,
      command: evil,
      created: evil,
      model: {
        description: evil,
        inputs: [{ name: evil, kind: evil, shape }],
        layers: [{ name: 'rnn', type: evil, shape, parameters: 1, note: evil, states: [{ name: evil, features: 1 }] }],
      },
      samples: [{ epoch: 0, step: 0, text: evil }],
      activations: [{ layer: evil, tokens: [evil], units: [[1]] }],
      neighbours: {
        words: [{ word: evil, x: 0, y: 0, group: evil }],
        lists: [{ word: evil, neighbours: [{ word: evil, distance: 1 }] }],
      },
      confusions: [{ title: evil, classNames: [evil], counts: [[1]] }],
      tables: [{ title: evil, columns: [evil], rows: [[evil]] }],
      comparisons: [{ title: evil, xLabel: evil, yLabel: evil, series: [{ label: evil, x: [1], y: [1] }] }],
    });
    assert.equal(page.includes('<img'), false);
    assert.equal(page.includes('<!--\u2028'), false);
    assert.equal(page.includes('\u0000'), false);
    // The data's element, the script, and no other.
    assert.equal(page.match(/<\/script/g)?.length, 2);
    assert.equal(dataOf(page).samples[0]?.text, evil);
  });

  it('shows numbers that are not finite as gaps', () => {
    const data = dataOf(
      renderReport({
        title: 'gaps',
        history: [1, Number.NaN, Number.POSITIVE_INFINITY, 2].map((loss, epoch) => ({ epoch, step: epoch, loss })),
        steps: { loss: [3, Number.NaN, 1] },
        gradientByStep: { series: [{ label: 'h', norms: [1, Number.NEGATIVE_INFINITY] }] },
      }),
    );
    assert.deepEqual(
      data.charts.map(({ lines }) => lines[0]?.values),
      [
        [1, null, null, 2],
        [1, null],
      ],
    );
    assert.deepEqual(data.stepCharts[0]?.mean, [3, null, 1]);
    assert.equal(data.stepCharts[0]?.gaps, 1);
  });

  it('leaves out a curve of which nothing is finite', () => {
    const history = [{ epoch: 0, step: 0, loss: 1, validationLoss: Number.NaN }];
    const [chart] = dataOf(renderReport({ title: 'one curve', history })).charts;
    assert.deepEqual(
      chart?.lines.map(({ label }) => label),
      ['training'],
    );
  });

  it('thins out a long run and keeps its extremes', () => {
    const loss = new Float64Array(300_000).fill(1);
    loss[123_456] = 77;
    loss[200_001] = -5;
    const [chart] = dataOf(renderReport({ title: 'long', steps: { loss } })).stepCharts;
    assert.ok(chart !== undefined && chart.start.length <= 2000);
    assert.equal(Math.max(...(chart.max as number[])), 77);
    assert.equal(Math.min(...(chart.min as number[])), -5);
    assert.equal(chart.start[chart.max.indexOf(77)], 123_456 - (123_456 % chart.width) + 1);
  });

  it('counts the steps of a training from its first, as people do', () => {
    const steps = { first: 500, loss: [3, 2, 1], learningRate: [1, 1, 1] };
    const { stepCharts } = dataOf(renderReport({ title: 'resumed', steps }));
    assert.deepEqual(
      stepCharts.map(({ id, start }) => [id, start]),
      [
        ['step-loss', [501, 502, 503]],
        ['step-learning-rate', [501, 502, 503]],
      ],
    );
  });

  it('says which epoch was kept', () => {
    assert.match(renderReport(fullRecord()), /<dt>Weights kept<\/dt><dd>epoch 6 <small>of 8<\/small>/);
  });

  it('leaves out the square table of very many classes, and has the figures of each', () => {
    const tables = (count: number) => {
      const classNames = Array.from({ length: count }, (_, label) => `class ${label}`);
      const counts = classNames.map((_, label) => classNames.map((_, taken) => (taken === label ? 1 : 0)));
      const page = renderReport({ title: 'many', confusions: [{ title: 'all', classNames, counts }] });
      return [...page.matchAll(/<caption>(.*?)<\/caption>/g)].map(([, caption]) => caption);
    };
    assert.deepEqual(tables(50), ['<bdi>all</bdi>: true and predicted classes', '<bdi>all</bdi>: each class']);
    assert.deepEqual(tables(51), ['<bdi>all</bdi>: each class']);
  });

  it('shows the learning rate once, by its steps where they are known', () => {
    const history = [{ epoch: 0, step: 1, loss: 2, learningRate: 0.1, gradientNorm: 1 }];
    const ids = (record: ReportRecord) => dataOf(renderReport(record)).charts.map(({ id }) => id);
    assert.deepEqual(ids({ title: 'epochs', history }), ['loss', 'learning-rate', 'gradient-norm']);
    const steps = { loss: [2, 2], learningRate: [0.1, 0.1], gradientNorm: [1, 1] };
    assert.deepEqual(ids({ title: 'steps', history, steps }), ['loss']);
  });

  it('refuses what is no record, and names the part', () => {
    const refused: [object, string, string][] = [
      [{}, 'ERR_UNROLLED_OPTION_TYPE', 'record.title'],
      [{ title: 't', sample: [] }, 'ERR_UNROLLED_UNKNOWN_OPTION', 'sample'],
      [{ title: 't', history: [{ epoch: 0, step: 0 }] }, 'ERR_UNROLLED_OPTION_TYPE', 'history[0].loss'],
      [{ title: 't', steps: { loss: ['1'] } }, 'ERR_UNROLLED_OPTION_TYPE', 'steps.loss'],
      [{ title: 't', samples: ['text'] }, 'ERR_UNROLLED_OPTION_TYPE', 'samples[0]'],
      [
        { title: 't', activations: [{ layer: 'l', tokens: ['a', 'b'], units: [[1], [1, 2]] }] },
        'ERR_UNROLLED_OPTION_RANGE',
        'activations[0].units[1]',
      ],
      [{ title: 't', keptEpoch: -1 }, 'ERR_UNROLLED_OPTION_RANGE', 'keptEpoch'],
      [
        { title: 't', confusions: [{ title: 't', classNames: ['a', 'b'], counts: [[1, 2]] }] },
        'ERR_UNROLLED_OPTION_RANGE',
        'confusions[0].counts',
      ],
      [
        { title: 't', confusions: [{ title: 't', classNames: ['a'], counts: [[0.5]] }] },
        'ERR_UNROLLED_OPTION_RANGE',
        'confusions[0].counts[0]',
      ],
      [
        { title: 't', tables: [{ title: 't', columns: ['a'], rows: [['a', 'b']] }] },
        'ERR_UNROLLED_OPTION_RANGE',
        'tables[0].rows[0]',
      ],
      [
        {
          title: 't',
          model: { inputs: [], layers: [{ name: 'a', type: 'b', shape: ['B'], parameters: 0, from: ['c'] }] },
        },
        'ERR_UNROLLED_OPTION_RANGE',
        'from',
      ],
    ];
    for (const [record, code, option] of refused) {
      assert.throws(
        () => renderReport(record as ReportRecord),
        (error) => error instanceof UnrolledError && error.code === code && error.option === option,
        `${code} of ${option}`,
      );
    }
  });

  it('is written whole, or not at all', async () => {
    const file = at('report.html');
    await writeReport(file, fullRecord());
    assert.equal(readFileSync(file, 'utf8'), renderReport(fullRecord()));
    writeFileSync(file, 'what was there');
    await assert.rejects(writeReport(file, {} as ReportRecord), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    assert.equal(readFileSync(file, 'utf8'), 'what was there');
    await assert.rejects(writeReport(at('no', 'folder.html'), fullRecord()), { code: 'ERR_UNROLLED_FILE_WRITE' });
    assert.deepEqual(readdirSync(at()), ['report.html']);
  });
});
