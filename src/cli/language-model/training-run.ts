/** What the commands that train do alike: run the epochs, and end them by Ctrl-C. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import * as check from '../../base/check';
import { UnrolledError } from '../../base/errors';
import { isSamePlace } from '../../base/files/files';
import type { EpochResult } from '../../training/fit';
import type { AskedTraining } from '../../training/options/options';
import { resumingCommand } from '../command-line';
import type { InterruptHandlers } from '../terminal/interrupt';
import { note } from '../terminal/output';
import type { ProgressDisplay } from '../terminal/progress';

/** What a signal says on a terminal that shows progress. */
export function onTerminal(display: ProgressDisplay): InterruptHandlers {
  return {
    onFirst: (signal) => {
      display.clear();
      if (signal === 'SIGINT') note('Stopping after this step; Ctrl-C again ends at once.');
    },
    onSecond: () => display.clear(),
  };
}

/** Whether a training ended since its loss was not finite: the model is that of its last good step at least. */
export function isNonFinite(error: unknown): boolean {
  return error instanceof UnrolledError && error.code === 'ERR_UNROLLED_NON_FINITE_LOSS';
}

/** Trains until the end, or until the signal comes; returns whether it came. */
export async function runEpochs(
  epochs: AsyncIterable<EpochResult>,
  display: ProgressDisplay,
  onEpoch: (epoch: EpochResult) => void,
): Promise<boolean> {
  try {
    for await (const epoch of epochs) {
      display.clear();
      onEpoch(epoch);
    }
    return false;
  } catch (error) {
    if (error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED') return true;
    throw error;
  } finally {
    display.clear();
  }
}

/**
 * Says which weights the model has after a training that keeps its best epoch.
 * @param bestEpoch undefined where no epoch has been the best yet.
 * @param trained whether a step was made.
 */
export function noteKept(bestEpoch: number | undefined, trained: boolean): void {
  if (bestEpoch !== undefined) {
    note(`The model has the weights of epoch ${bestEpoch + 1}, the best so far.`);
  } else if (trained) {
    note('No epoch has a finite validation loss yet: the model has the weights of the last step.');
  } else {
    note('No step was made: the model has the weights that it began with.');
  }
}

/**
 * Says which epoch had the lowest validation loss, after a training that keeps its last weights.
 * @param last the epoch whose weights the model has, if it has those of a whole one.
 */
export function noteBest(best: EpochResult, last: EpochResult | undefined): void {
  const loss = `the lowest validation loss (${(best.validationLoss as number).toFixed(4)})`;
  if (best.epoch === last?.epoch) note(`Epoch ${best.epoch + 1}, the last, has ${loss}.`);
  else {
    const kept = last === undefined ? 'the last step' : `epoch ${last.epoch + 1}, the last`;
    note(
      `Epoch ${best.epoch + 1} has ${loss}; the model has the weights of ${kept}. --early-stopping 3 ends a training whose ` +
        'validation loss falls no more, and keeps the best epoch.',
    );
  }
}

/** What there is to save of a training that failed. */
export interface FailedRun {
  out: string | undefined;
  /** The epoch whose weights the model has; undefined where it has those of the last good step. */
  bestEpoch: number | undefined;
  save(path: string): Promise<void>;
  writePage(): Promise<void>;
}

/**
 * Saves the model of a training that failed, and writes its page. The training's own error is the one to end with: what
 * goes wrong here is only noted.
 */
export async function saveFailed({ out, bestEpoch, save, writePage }: FailedRun): Promise<void> {
  const noted = (fault: Error) => note(fault.message);
  if (out !== undefined) {
    const weights = bestEpoch === undefined ? 'the last good step' : `epoch ${bestEpoch + 1}, the best so far,`;
    await save(out).then(() => note(`The weights of ${weights} are in ${out}.`), noted);
  }
  await writePage().catch(noted);
}

/** Where a training that a signal ended is kept. */
export interface KeptIn {
  out?: string | undefined;
  checkpoint?: string | undefined;
}

/**
 * Refuses a checkpoint that the model would be saved over, which nothing could go on from.
 * @throws ERR_UNROLLED_OPTION_RANGE.
 */
export async function requireTwoFiles({ out, checkpoint }: KeptIn): Promise<void> {
  if (out === undefined || checkpoint === undefined || !(await isSamePlace(checkpoint, out))) return;
  throw check.outOfRange('checkpoint', 'another file than --out', checkpoint);
}

/**
 * Says how to go on with a training that a signal ended.
 * @param kept options that the checkpoint has not, which must be given again.
 */
export function noteGoingOn(command: Command, { out, checkpoint }: KeptIn, kept: readonly string[]): void {
  if (checkpoint !== undefined && existsSync(checkpoint)) {
    note(`To go on: ${resumingCommand(command, checkpoint, kept)}`);
  } else if (out !== undefined) {
    note(`The model so far is in ${out}. A training that can go on needs --checkpoint FILE.`);
  }
}

/** Where a training ends, one of the two being infinite, and why it ended before, if it did. */
export interface RunEnd {
  epochs: number;
  steps: number;
  /** Steps that a resumed training had made. */
  made: number;
  stopReason: string | undefined;
}

/** The end of the run that these options ask for. */
export function endOfRun({ epochs, steps, resumed }: AskedTraining): RunEnd {
  return { epochs, steps, made: resumed?.record.native.steps ?? 0, stopReason: resumed?.record.stopReason };
}

/** How a training's steps are shared, for the last line of JSON. */
export interface Sharing {
  /** Processes that train. */
  ranks: number;
  /** Parts of each batch. */
  shards: number;
  /** The part of the time in which the process waited for others. */
  waitingShare: number;
}

export function sharingOf({ native }: AskedTraining): Sharing {
  return { ranks: 1, shards: native.shards, waitingShare: 0 };
}

/** Says, before anything else, into how many parts batches are cut, if they are. */
export function noteShards({ native }: AskedTraining): void {
  if (native.shards > 1) note(`Each batch is cut into ${native.shards} shards.`);
}

/** Says that a training which was resumed was over. */
export function noteNothingTrained({ epochs, steps, stopReason }: RunEnd): void {
  if (stopReason !== undefined) {
    note(`Training had stopped early already: ${stopReason}. Nothing was trained.`);
    return;
  }
  const [option, made] = Number.isFinite(steps) ? ['steps', steps] : ['epochs', epochs];
  const all = made === 1 ? `The one ${option.slice(0, -1)} was` : `All ${made} ${option} were`;
  // A third more, as a suggestion.
  note(`${all} done already: nothing was trained. --${option} ${made + Math.ceil(made / 3)} goes on.`);
}

/** The error of early stopping where nothing validates. */
export function nothingValidates(patience: number): UnrolledError {
  return new UnrolledError(
    'ERR_UNROLLED_OPTION_RANGE',
    `--early-stopping ${patience} watches the loss of a part that validates, and there is none: add --validation 0.1, ` +
      'which takes a tenth for it',
    { option: 'earlyStopping', expected: 'given together with --validation', received: check.show(patience) },
  );
}
