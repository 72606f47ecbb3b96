/** The plan of a run, made when the steps of an epoch are known: its length, and the schedule over it. */

import * as check from '../base/check';
import { counted } from '../base/messages/plurals';
import type { NativeSchedule } from '../native/native';
import { sortedJson } from '../network/model-file';
import { damagedBy } from './checkpoint/checkpoint-file';
import type { Checkpoint, RecordedOptions, TrainingRecord } from './checkpoint/record';
import { requireSameOptions } from './checkpoint/recorded-options';
import type { Run } from './loop';
import { DEFAULT_EPOCHS, type ResolvedTraining } from './options/options';
import {
  completeSchedule,
  coversRun,
  type ResolvedSchedule,
  type RunLength,
  resolveSchedule,
  type ScheduleDescription,
} from './options/schedule';

/** A run's schedule, and what its checkpoints remember. */
export interface RunPlan {
  schedule: NativeSchedule;
  recorded: RecordedOptions;
  /** A warning for the caller, if there is one. */
  warning?: string;
}

/** The run of a checkpoint as it was planned. */
interface PlanBefore {
  length: RunLength;
  /** The schedule as it is recorded. */
  recorded: ResolvedSchedule;
  /** The schedule, without a length if it covered that run. */
  schedule: ResolvedSchedule;
}

/** Steps that were planned; checkpoints of earlier releases have the bound alone. */
function stepsBefore({ totalSteps, options, native }: TrainingRecord, stepsPerEpoch: number): number {
  if (totalSteps !== undefined) return totalSteps;
  const { epochs = DEFAULT_EPOCHS, steps } = options as { epochs?: number; steps?: number };
  return steps === undefined ? epochs * stepsPerEpoch : check.integer('steps', steps, { min: native.steps });
}

/**
 * The schedule of a checkpoint, without its length if that is the length of its run. Records of earlier releases always
 * have a length and do not say whose it is: if it equals that of the run, it is assumed to be that.
 */
function withoutRunLength(schedule: ResolvedSchedule, run: RunLength): ResolvedSchedule {
  const { length, ...covering } = schedule;
  return length !== undefined && completeSchedule(covering, run).length === length ? covering : schedule;
}

/** @throws ERR_UNROLLED_MODEL_FORMAT for figures that no training ever wrote. */
function planBefore({ file, record }: Checkpoint, stepsPerEpoch: number): PlanBefore {
  try {
    const length = { steps: stepsBefore(record, stepsPerEpoch), stepsPerEpoch };
    const recorded = resolveSchedule((record.options as { schedule?: ScheduleDescription }).schedule);
    const schedule = record.totalSteps === undefined ? withoutRunLength(recorded, length) : recorded;
    return { length, recorded, schedule };
  } catch (error) {
    throw damagedBy(file.path, error);
  }
}

/** Lengths in epochs where both are whole ones, else in steps. */
function showLengths({ steps: now, stepsPerEpoch }: RunLength, { steps: before }: RunLength): [string, string] {
  if (now % stepsPerEpoch === 0 && before % stepsPerEpoch === 0) {
    return [counted(now / stepsPerEpoch, 'epoch'), String(before / stepsPerEpoch)];
  }
  return [counted(now, 'step'), String(before)];
}

/** The warning about a longer or shorter run with a schedule that covers it. */
function otherLength(path: string, { kind }: ResolvedSchedule, now: RunLength, before: RunLength): string {
  const [covered, planned] = showLengths(now, before);
  return (
    `The ${kind} schedule of ${path} covers ${covered} now, not ${planned}: from now on the learning rate is that of a ` +
    `run of ${covered}.`
  );
}

/** The warning about a warm-up that is longer than its run. */
function longWarmup({ kind, unit, warmup }: ResolvedSchedule, { steps, stepsPerEpoch }: RunLength): string | undefined {
  const rising = unit === 'steps' ? warmup : warmup * stepsPerEpoch;
  if (rising <= steps) return undefined;
  const asked = unit === 'steps' ? counted(warmup, 'step') : counted(warmup, 'epoch');
  const most = Math.round((100 * steps) / rising);
  return (
    `The warm-up of ${asked} is longer than the run of ${counted(steps, 'step')}: the learning rate ends at ${most} % of ` +
    `the requested rate${kind === 'constant' ? '' : `, and the ${kind} schedule after it never starts`}.`
  );
}

/** The warnings there are, one after another. */
function joined(...warnings: readonly (string | undefined)[]): { warning?: string } {
  const some = warnings.filter((warning) => warning !== undefined);
  return some.length === 0 ? {} : { warning: some.join(' ') };
}

/**
 * Refuses to end a run before where its checkpoint is.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
function requireBound({ file, record }: Checkpoint, { epochs, steps }: ResolvedTraining, length: RunLength): void {
  const made = record.native.steps;
  if (made <= length.steps) return;
  const came = `which ${file.path} has reached`;
  if (Number.isFinite(steps)) throw check.outOfRange('steps', `at least ${made}, ${came}`, steps);
  throw check.outOfRange('epochs', `at least ${Math.ceil(made / length.stepsPerEpoch)}, ${came}`, epochs);
}

/**
 * The schedule of a run, and the options that its checkpoints store. A schedule without its own length covers the run;
 * for a resumed run that is the new length.
 * @throws ERR_UNROLLED_MODEL_MISMATCH if a checkpoint has other options, ERR_UNROLLED_OPTION_RANGE if it is already
 *   beyond the run's end, ERR_UNROLLED_MODEL_FORMAT.
 */
export function planRun({ source, options }: Run, stepsPerEpoch: number): RunPlan {
  const { resumed } = options;
  const length = { steps: Math.min(options.steps, options.epochs * stepsPerEpoch), stepsPerEpoch };
  const loss = 'targets' in source ? source.targets.loss : 'crossEntropy';
  const common = { ...options.recorded, data: source.kind, loss };
  if (resumed === undefined) {
    const { schedule } = options;
    return {
      schedule: completeSchedule(schedule, length),
      recorded: { ...common, schedule },
      ...joined(longWarmup(schedule, length)),
    };
  }
  const { file, record } = resumed;
  const before = planBefore(resumed, stepsPerEpoch);
  const isRecorded = sortedJson(options.schedule) === sortedJson(before.recorded);
  const schedule = isRecorded ? before.schedule : options.schedule;
  requireSameOptions(
    file.path,
    { ...common, schedule: completeSchedule(schedule, before.length) },
    { ...record.options, schedule: completeSchedule(before.schedule, before.length) },
  );
  requireBound(resumed, options, length);
  return {
    schedule: completeSchedule(schedule, length),
    recorded: { ...common, schedule },
    ...joined(
      coversRun(schedule) && length.steps !== before.length.steps
        ? otherLength(file.path, schedule, length, before.length)
        : undefined,
      longWarmup(schedule, length),
    ),
  };
}
