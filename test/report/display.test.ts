/** Numbers for people: on axes, in tooltips, and in the data that the page carries. */

import assert from 'node:assert/strict';
import { renderReport } from '../../src/report';
import { digitsOf, formatMarks, formatNumber, formatNumbers, formatSeconds } from '../../src/report/display';
import { dataOf } from '../support/report';

describe('numbers on a report', () => {
  it('say of a time that is very short how short it is', () => {
    const times = [0, 0.004, 0.049, 0.05, 0.1, 9.96, 59.4, 61, 7260].map(formatSeconds);
    const expected = ['0 s', 'under 0.1 s', 'under 0.1 s', '0.1 s', '0.1 s', '10 s', '59 s', '1 min 1 s', '2 h 1 min'];
    assert.deepEqual(times, expected);
  });

  it('have the digits on an axis that tell two marks apart', () => {
    const cases: [number[], string[]][] = [
      [
        [1.2345, 1.2347, 1.2349],
        ['1.2345', '1.2347', '1.2349'],
      ],
      [
        [0, 0.25, 0.5, 0.75],
        ['0', '0.25', '0.50', '0.75'],
      ],
      [
        [1000, 1002.5, 1005],
        ['1,000.0', '1,002.5', '1,005.0'],
      ],
      [
        [3_456_740, 3_456_760],
        ['3,456,740', '3,456,760'],
      ],
      [
        [-0.1, -5.55e-17, 0.1, 0.2, 0.30000000000000004],
        ['-0.1', '0', '0.1', '0.2', '0.3'],
      ],
      [
        [0, 0.0002, 0.0004],
        ['0', '2e-4', '4e-4'],
      ],
      [
        [0.9996, 0.9998, 1],
        ['0.9996', '0.9998', '1.0000'],
      ],
      [
        [1e9, 2.5e9, 1e10],
        ['1.0e9', '2.5e9', '1.00e10'],
      ],
      [
        [4_000_000_000, 4_000_000_200],
        ['4.0000000e9', '4.0000002e9'],
      ],
      [
        [1e-12, 2e-12],
        ['1e-12', '2e-12'],
      ],
      [[7], ['7']],
      [[], []],
    ];
    for (const [marks, expected] of cases) assert.deepEqual(formatMarks(marks), expected, String(marks));
    for (const [first, distance] of [
      [1.2345, 0.0001],
      [1e6, 0.5],
      [-3e-7, 1e-8],
      [8e12, 1e6],
    ] as const) {
      const marks = Array.from({ length: 6 }, (_, index) => first + index * distance);
      assert.equal(new Set(formatMarks(marks)).size, 6, String(formatMarks(marks)));
    }
    assert.deepEqual(formatMarks([1, null, 2]), ['1', '', '2']);
  });

  it('have four digits, and more where values are closer together', () => {
    assert.equal(formatNumber(1.23456), '1.235');
    assert.equal(formatNumber(1.23456, 6), '1.23456');
    assert.equal(formatNumber(3_456_789.25), '3,456,789');
    assert.equal(formatNumber(3_456_789.25, 9), '3,456,789.25');
    assert.equal(formatNumber(1.23456e-7, 6), '1.2346e-7');
    assert.equal(digitsOf(0, 3, 4), 4);
    assert.equal(digitsOf(1.2345, 1.2352, 4), 7);
    assert.equal(digitsOf(2, 2, 4), 4);
    assert.equal(digitsOf(Number.NaN, 2, 4), 4);
  });

  it('keep the zeros at their end, alone and beside others', () => {
    for (const [value, shown] of [
      [3.9004, '3.900'],
      [3.9, '3.9'],
      [Math.fround(3.9), '3.9'],
      [9.99996, '10.00'],
      [50.3012, '50.30'],
      [0.001, '0.001'],
      [1000.4, '1,000'],
      [1.2004e-4, '1.20e-4'],
      [1e-4, '1e-4'],
      [0, '0'],
      [12, '12'],
    ] as const) {
      assert.equal(formatNumber(value), shown);
    }
    for (const [values, shown] of [
      [
        [50.3, 50.45],
        ['50.30', '50.45'],
      ],
      [
        [100, 98.437],
        ['100.0', '98.44'],
      ],
      [
        [12, 0.5, null, 1234.5],
        ['12.0', '0.5', '–', '1,235'],
      ],
      [
        [3, 12_345],
        ['3', '12,345'],
      ],
      [
        [2e-4, 1.25e-5, 0.01],
        ['2.00e-4', '1.25e-5', '0.01'],
      ],
      [[], []],
    ] as const) {
      assert.deepEqual(formatNumbers(values), shown);
    }
    assert.deepEqual(formatNumbers([1.00000001, 1], 10), ['1.00000001', '1.00000000']);
  });

  it('keep the differences of values that lie close together', () => {
    const loss = Array.from({ length: 50 }, (_, step) => 1_234_567 + step / 100);
    const history = loss.map((each, epoch) => ({ epoch, step: epoch, loss: each }));
    const { charts, stepCharts } = dataOf(renderReport({ title: 'close', steps: { loss }, history }));
    assert.equal(new Set(stepCharts[0]?.mean).size, 50);
    assert.equal(new Set(charts[0]?.lines[0]?.values).size, 50);
  });
});
