/** The options a checkpoint remembers, since they decide what the rest of the run is. */

import { show } from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { phrase, refer, type Words } from '../../base/messages/phrase';
import { checkedValue } from '../../base/option-table';
import type { NativeTrainingOptions } from '../../native/native';
import { sortedJson } from '../../network/model-file';
import { TRAINING_ROWS, type TrainingRow } from '../options/training-options-table';
import { OR_RESTART } from './data-counts';
import type { RecordedOptions } from './record';

const ROWS: Readonly<Record<string, TrainingRow>> = TRAINING_ROWS;

/** Whether an option bounds the run, and may be raised. */
function isBound(option: string): boolean {
  return ROWS[option]?.recorded === 'bound';
}

/** Whether a file may decide an option: what is done and where to write is the caller's alone. */
function isRecorded(option: string): boolean {
  const { recorded } = ROWS[option] ?? {};
  return recorded !== undefined && recorded !== 'within';
}

/**
 * Recorded together with `sparse: 'lazy'`: no step updates rows that it does not touch. Checkpoints of earlier releases
 * lack it. In those, a step with at least as many positions as a table has rows updated the whole table.
 */
const LAZY_STEPS = 'all';

/** The lazy updates of a training; for a resumed one, those of its checkpoint. */
export function lazyUpdates(resumed: RecordedOptions | undefined): 'lazy' | 'lazyWhereFew' {
  const { sparseSteps } = resumed ?? { sparseSteps: LAZY_STEPS };
  return sparseSteps === LAZY_STEPS ? 'lazy' : 'lazyWhereFew';
}

/** The sparse updates of a training, as a checkpoint stores them. */
export function recordedSparse(native: NativeTrainingOptions['sparse']): RecordedOptions {
  return {
    sparse: native === 'lazyWhereFew' ? 'lazy' : native,
    ...(native === 'lazy' && { sparseSteps: LAZY_STEPS }),
  };
}

/** An optimiser or a schedule by its kind, with its figures. */
type Described = Record<string, unknown> & { kind?: unknown };

function isRecord(value: unknown): value is Described {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The options that are not left out. */
function chosen(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** If `adamw` has no recorded weight decay, there was none, whatever its default is now. */
function withDecay(optimizer: Described): Described {
  return optimizer.kind === 'adamw' ? { weightDecay: 0, ...optimizer } : optimizer;
}

/** Hyper-parameters next to the options, each under its own name. */
function flat({ optimizer, ...options }: RecordedOptions & { optimizer?: unknown }): RecordedOptions {
  const { kind, ...hyperparameters } = isRecord(optimizer) ? withDecay(optimizer) : {};
  return { ...options, optimizer: kind, ...hyperparameters };
}

/** The given optimiser; figures that are not given come from the checkpoint if its optimiser is of the same kind. */
function goingOn(given: unknown, before: Described): unknown {
  if (given === undefined) return before;
  const asked: Described = isRecord(given) ? chosen(given) : { kind: given };
  // With a momentum, sgd is recorded as momentum, which it then is.
  const isSame = asked.kind === before.kind || (asked.kind === 'sgd' && before.kind === 'momentum');
  return isSame ? { ...before, ...asked } : given;
}

/** The given options, completed by those of the checkpoint. A new bound replaces both old bounds. */
export function withRecorded<Options extends object>(given: Options, recorded: RecordedOptions): Options {
  const asked = chosen(given) as { optimizer?: unknown; schedule?: unknown };
  const isBounded = Object.keys(asked).some(isBound);
  const kept = Object.entries(recorded).filter(([option]) => isRecorded(option) && !(isBounded && isBound(option)));
  const { optimizer, schedule } = recorded as { optimizer?: unknown; schedule?: unknown };
  return {
    ...Object.fromEntries(kept),
    ...asked,
    ...(isRecord(optimizer) && { optimizer: goingOn(asked.optimizer, withDecay(optimizer)) }),
    ...(isRecord(schedule) && { schedule: goingOn(asked.schedule, schedule) }),
  } as Options;
}

/**
 * Refuses options that no training has, as a damaged checkpoint may remember them.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function requirePossible(recorded: RecordedOptions): void {
  for (const [option, value] of Object.entries(withRecorded({}, recorded))) {
    checkedValue(option, ROWS[option] ?? {}, value);
  }
}

function showOption(option: string, value: unknown): string {
  const { recorded, default: byDefault } = ROWS[option] ?? {};
  // Nothing is recorded for an option with its default.
  if (value === undefined) return recorded === 'unless default' ? show(byDefault) : 'off';
  return typeof value === 'object' ? sortedJson(value) : show(value);
}

/** Kinds of data, as a sentence has them. */
const DATA: Readonly<Record<string, string>> = {
  stream: 'one text',
  documents: 'documents',
  labelled: 'labelled sequences',
  tagged: 'sequences with targets at every position',
  paired: 'pairs of sequences',
};

/** The parts of an error. */
interface Difference {
  fault: Words;
  advice: Words;
}

/** The option that differs, and what to do. Data and loss are not options of `fit`. */
function whatDiffers(path: string, option: string, before: unknown, now: unknown): Difference {
  if (option === 'data') {
    const shown = (kind: unknown) => DATA[String(kind)] ?? showOption(option, kind);
    return {
      fault: `${path} was trained on ${shown(before)}, but these are ${shown(now)}`,
      advice: phrase`Resume with the data it was trained on${OR_RESTART}.`,
    };
  }
  const same = option === 'loss' ? 'Use the same loss' : 'Leave the option out';
  return {
    fault: phrase`${path} was trained with ${refer.option(option)} ${showOption(option, before)}, but ${showOption(option, now)} was requested`,
    advice: phrase`${same} to continue as before${OR_RESTART}.`,
  };
}

/**
 * Refuses to resume with other options, except the bounds of the run.
 * @throws ERR_UNROLLED_MODEL_MISMATCH naming the option.
 */
export function requireSameOptions(path: string, options: RecordedOptions, recorded: RecordedOptions): void {
  const [now, before] = [flat(options), flat(recorded)];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  for (const option of names) {
    if (isBound(option) || sortedJson({ value: now[option] }) === sortedJson({ value: before[option] })) continue;
    const [expected, received] = [showOption(option, before[option]), showOption(option, now[option])];
    const { fault, advice } = whatDiffers(path, option, before[option], now[option]);
    throw new UnrolledError('ERR_UNROLLED_MODEL_MISMATCH', fault, { option, expected, received, advice });
  }
}
