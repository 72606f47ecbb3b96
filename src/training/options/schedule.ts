/** Schedules: what the learning rate is multiplied by at each step. */

import * as check from '../../base/check';
import { MAX_SIZE } from '../../base/resource-limits';
import type { NativeSchedule } from '../../native/native';

/** Kinds of schedules. */
export type ScheduleKind = NativeSchedule['kind'];

/**
 * A schedule with its figures; k is the step after the warm-up, in `unit`s, from 0.
 *
 * - `constant`: 1
 * - `step`: `factor^⌊k / every⌋`
 * - `exponential`: `factor^(k / every)`
 * - `linear`: from 1 to `floor` within `length`, then `floor`
 * - `cosine`: `floor + (1 - floor)·(1 + cos(π·k / length)) / 2` within `length`, then `floor`
 */
export interface ScheduleDescription {
  kind: ScheduleKind;
  /** The unit of `warmup`, `every` and `length`; `'steps'` by default. */
  unit?: 'steps' | 'epochs' | undefined;
  /** Length of a linear warm-up: its step s (from 0) has `(s + 1) / its steps`. 0 (none) by default. */
  warmup?: number | undefined;
  /** For `step` and `exponential`, which require it. */
  every?: number | undefined;
  /** For `step` (0.1 by default) and `exponential` (0.5 by default). */
  factor?: number | undefined;
  /** For `linear` and `cosine`; by default the rest of the run after the warm-up. */
  length?: number | undefined;
  /** For `linear` and `cosine`: the final rate as a fraction of the learning rate, from 0 to 1. 0 by default. */
  floor?: number | undefined;
}

export const SCHEDULE_KINDS = ['constant', 'step', 'exponential', 'linear', 'cosine'] as const satisfies ScheduleKind[];

/** A checked schedule; `length` is absent if it is the rest of a run whose length is not known yet. */
export type ResolvedSchedule = NativeSchedule;

const DEFAULT_FACTORS = { step: 0.1, exponential: 0.5 } as const;

const KNOWN: Record<ScheduleKind, readonly (keyof ScheduleDescription)[]> = {
  constant: ['kind', 'unit', 'warmup'],
  step: ['kind', 'unit', 'warmup', 'every', 'factor'],
  exponential: ['kind', 'unit', 'warmup', 'every', 'factor'],
  linear: ['kind', 'unit', 'warmup', 'length', 'floor'],
  cosine: ['kind', 'unit', 'warmup', 'length', 'floor'],
};

function resolveDecay(kind: 'step' | 'exponential', { every, factor }: ScheduleDescription) {
  return {
    every: check.number('schedule.every', every, { above: 0, max: MAX_SIZE }),
    factor: check.number('schedule.factor', factor ?? DEFAULT_FACTORS[kind], { above: 0, max: 1 }),
  };
}

function resolveCourse({ length, floor }: ScheduleDescription) {
  return {
    ...(length !== undefined && { length: check.number('schedule.length', length, { above: 0, max: MAX_SIZE }) }),
    floor: check.number('schedule.floor', floor === undefined ? 0 : floor, { min: 0, max: 1 }),
  };
}

/**
 * A schedule with its defaults, a name alone being one without figures.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION for a figure the kind does not know, ERR_UNROLLED_OPTION_TYPE,
 *   ERR_UNROLLED_OPTION_RANGE.
 */
export function resolveSchedule(schedule: ScheduleKind | ScheduleDescription | undefined): ResolvedSchedule {
  const described =
    typeof schedule === 'object' && schedule !== null
      ? schedule
      : { kind: schedule === undefined ? 'constant' : schedule };
  const named = typeof schedule === 'object' && schedule !== null ? 'schedule.kind' : 'schedule';
  const kind = check.oneOf(named, schedule === null ? null : described.kind, SCHEDULE_KINDS);
  const given = check.options(`schedule ${kind}`, described as ScheduleDescription, KNOWN[kind]);
  const { unit = 'steps', warmup = 0 } = given;
  return {
    kind,
    unit: check.oneOf('schedule.unit', unit, ['steps', 'epochs']),
    warmup: check.number('schedule.warmup', warmup, { min: 0, max: MAX_SIZE }),
    ...((kind === 'step' || kind === 'exponential') && resolveDecay(kind, given)),
    ...((kind === 'linear' || kind === 'cosine') && resolveCourse(given)),
  };
}

/** The length of a run, in steps and in epochs. */
export interface RunLength {
  steps: number;
  stepsPerEpoch: number;
}

/** Whether its length is that of the run. */
export function coversRun({ kind, length }: ResolvedSchedule): boolean {
  return (kind === 'linear' || kind === 'cosine') && length === undefined;
}

/** The schedule with its length, now that the run's is known. */
export function completeSchedule(schedule: ResolvedSchedule, { steps, stepsPerEpoch }: RunLength): NativeSchedule {
  if (!coversRun(schedule)) return schedule;
  const whole = schedule.unit === 'steps' ? steps : steps / stepsPerEpoch;
  const shortest = schedule.unit === 'steps' ? 1 : 1 / stepsPerEpoch;
  return { ...schedule, length: Math.max(whole - schedule.warmup, shortest) };
}
