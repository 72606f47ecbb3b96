/** The smoothed curve lies within its data: no value of it looks back more than it looks ahead. */

import assert from 'node:assert/strict';
import { renderReport } from '../../src/report';
import { smoothed } from '../../src/report/page/smoothing';
import { dataOf, wave } from '../support/report';

describe('the smoothed curve', () => {
  const line = Array.from({ length: 101 }, (_, step) => 5 - 0.03 * step);

  it('is the data itself where these are a line, at both ends too', () => {
    for (const half of [0, 1, 7, 50, 500]) {
      for (const [step, value] of smoothed(line, half).entries()) {
        assert.ok(value !== null && Math.abs(value - (line[step] as number)) < 1e-9, `${half} at ${step}: ${value}`);
      }
    }
  });

  it('lies above a falling loss as often as below it', () => {
    const noise = wave(1000, 2.4);
    const loss = noise.map((value, step) => 4 / (1 + step / 200) + 0.3 * value);
    const above = smoothed(loss, 20).filter((value, step) => (value as number) > (loss[step] as number)).length;
    assert.ok(above > 450 && above < 550, `${above} of 1000`);
  });

  it('is the same from either end, and leaves gaps as they are', () => {
    const values = [3, 1, null, 4, 1, 5, 9, 2, null, 6, 5];
    for (const half of [1, 2, 4]) {
      assert.deepEqual(smoothed([...values].reverse(), half), smoothed(values, half).reverse());
      assert.deepEqual(
        smoothed(values, half).map((value) => value === null),
        values.map((value) => value === null),
      );
    }
    assert.deepEqual(smoothed(values, 0), values);
    // By weights of 1, 2, 1.
    assert.deepEqual(smoothed([0, 4, 0], 1), [0, 2, 0]);
    // A gap leaves out its counterpart: the line goes on beside it.
    const broken = line.map((value, step) => (step === 40 ? null : value));
    for (const [step, value] of smoothed(broken, 9).entries()) {
      if (value !== null) assert.ok(Math.abs(value - (line[step] as number)) < 1e-9, String(step));
    }
  });

  it('is offered for what has noise, and not for a learning rate', () => {
    const steps = { loss: [2, 1], gradientNorm: [1, 1], learningRate: [0.1, 0.1] };
    const page = renderReport({ title: 'steps', steps });
    assert.deepEqual(
      dataOf(page).stepCharts.map(({ id, smoothing }) => [id, smoothing]),
      [
        ['step-loss', 1],
        ['step-learning-rate', undefined],
        ['step-gradient-norm', 1],
      ],
    );
    assert.equal(page.match(/ data-smoothing="/g)?.length, 2);
  });
});
