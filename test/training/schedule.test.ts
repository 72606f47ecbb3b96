/** Schedules as options. */

import assert from 'node:assert/strict';
import {
  completeSchedule,
  resolveSchedule,
  SCHEDULE_KINDS,
  type ScheduleDescription,
} from '../../src/training/options/schedule';
import { TRAINING_ROWS } from '../../src/training/options/training-options-table';

describe('schedule', () => {
  it('is constant unless told otherwise', () => {
    const constant = { kind: 'constant', unit: 'steps', warmup: 0 };
    assert.deepEqual(resolveSchedule(undefined), constant);
    assert.deepEqual(resolveSchedule('constant'), constant);
  });

  it('has defaults for each kind', () => {
    assert.deepEqual(resolveSchedule({ kind: 'step', every: 9 }), {
      ...{ kind: 'step', unit: 'steps', warmup: 0, every: 9, factor: 0.1 },
    });
    assert.deepEqual(resolveSchedule({ kind: 'exponential', unit: 'epochs', every: 2 }), {
      ...{ kind: 'exponential', unit: 'epochs', warmup: 0, every: 2, factor: 0.5 },
    });
    assert.deepEqual(resolveSchedule({ kind: 'linear', length: 10, floor: 0.1 }), {
      ...{ kind: 'linear', unit: 'steps', warmup: 0, length: 10, floor: 0.1 },
    });
  });

  it('has the defaults that its flags say', () => {
    for (const kind of SCHEDULE_KINDS) {
      const resolved = resolveSchedule({ kind, ...(['step', 'exponential'].includes(kind) && { every: 9 }) } as never);
      const parts = Object.entries(resolved).filter(([part]) => part !== 'kind');
      const rows = TRAINING_ROWS as Readonly<Record<string, { default?: unknown }>>;
      const said = parts.map(([part, value]) => [part, rows[`schedule.${part}`]?.default ?? value]);
      assert.deepEqual(said, parts, kind);
    }
    assert.equal(resolveSchedule(undefined).kind, TRAINING_ROWS['schedule.kind'].default);
    assert.equal(TRAINING_ROWS['schedule.warmup'].default, resolveSchedule(undefined).warmup);
  });

  it('takes the rest of the run where it has no length', () => {
    const run = { steps: 100, stepsPerEpoch: 20 };
    const lengthOf = (schedule: ScheduleDescription) => completeSchedule(resolveSchedule(schedule), run).length;
    assert.equal(lengthOf({ kind: 'cosine', warmup: 10 }), 90);
    assert.equal(lengthOf({ kind: 'cosine', unit: 'epochs', warmup: 1 }), 4);
    assert.equal(lengthOf({ kind: 'cosine', warmup: 1000 }), 1);
    assert.equal(lengthOf({ kind: 'linear', length: 7 }), 7);
    assert.equal(lengthOf({ kind: 'step', every: 5 }), undefined);
  });

  it('refuses what is impossible, by name', () => {
    const range = 'ERR_UNROLLED_OPTION_RANGE';
    const type = 'ERR_UNROLLED_OPTION_TYPE';
    const unknown = 'ERR_UNROLLED_UNKNOWN_OPTION';
    for (const [schedule, code, option] of [
      ['sine', range, 'schedule'],
      [null, type, 'schedule'],
      [5, type, 'schedule'],
      [{}, type, 'schedule.kind'],
      [{ kind: 'sine' }, range, 'schedule.kind'],
      [{ kind: 'step', length: 5 }, unknown, 'length'],
      [{ kind: 'cosine', every: 5 }, unknown, 'every'],
      ['step', type, 'schedule.every'],
      [{ kind: 'step', every: 0 }, range, 'schedule.every'],
      [{ kind: 'step', every: 1, factor: 0 }, range, 'schedule.factor'],
      [{ kind: 'cosine', floor: 2 }, range, 'schedule.floor'],
      [{ kind: 'cosine', length: Number.NaN }, range, 'schedule.length'],
      [{ kind: 'cosine', warmup: -1 }, range, 'schedule.warmup'],
      [{ kind: 'cosine', unit: 'days' }, range, 'schedule.unit'],
    ] as const) {
      assert.throws(() => resolveSchedule(schedule as never), { code, option }, JSON.stringify(schedule));
    }
  });
});
