/** `--report FILE.html`: the page of a training, written once the training is over, however it ended. */

import * as check from '../../base/check';
import { type ErrorCode, UnrolledError } from '../../base/errors';
import { isSamePlace, requireWritable } from '../../base/files/files';
import { version } from '../../base/package';
import type { ModelDescription } from '../../native/native';
import type { Inspection } from '../../report/inspect';
import type { ReportRecord, ReportSample } from '../../report/record';
import { requirePageName, writeReport } from '../../report/render';
import { trainingParts, type UnfinishedSteps } from '../../report/training-parts';
import type { Callback } from '../../training/callbacks/callback';
import type { EpochResult } from '../../training/epoch-result';
import type { FitProgress } from '../../training/fit-progress';
import type { History } from '../../training/history';
import { commandLine } from '../command-line';
import { describeKept, type KeptWeights } from '../kept-weights';

/** What stands on the page beside the training. */
export interface ReportContents {
  title: string;
  /** How the training ended, where it was not as planned. */
  note?: string | undefined;
  /** The model from within; called once the training is over. */
  inspect(): Promise<Inspection & Pick<ReportRecord, 'confusions'>>;
  kept: KeptWeights;
  /** What was trained: its output says what the speed counts. */
  model: ModelDescription;
}

/** Most samples of a page. Where there would be more, every second is left out, then every second of those left. */
const MOST_SAMPLES = 64;

function isSample(value: unknown): value is ReportSample {
  const { epoch, step, text } = (value ?? {}) as Partial<Record<keyof ReportSample, unknown>>;
  return typeof epoch === 'number' && typeof step === 'number' && typeof text === 'string';
}

/** How a training ended that did not go on to its last step, in words for people. */
export function endOf({ last }: History, interrupted: boolean, bestEpoch: number | undefined): string | undefined {
  if (interrupted) return 'Training was interrupted.';
  const reason = last?.stopReason;
  if (reason === undefined) return undefined;
  return `Stopped early: ${reason}${bestEpoch === undefined ? '' : `; the best was epoch ${bestEpoch + 1}`}.`;
}

/** Why a model may not be able to show something. */
const SHORTCOMINGS: readonly ErrorCode[] = ['ERR_UNROLLED_MODEL_NOT_FINITE', 'ERR_UNROLLED_OUT_OF_MEMORY'];

/** What `work` gives; undefined where the weights are too large to compute with, or the memory is too small. */
async function ifPossible<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnrolledError && SHORTCOMINGS.includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * Collects what a training tells. It is one of the training's callbacks, behind its `history`, so that samples of a
 * training that was resumed are all there.
 */
export class ReportFile implements Callback {
  readonly name = 'report';
  readonly optional = true;
  readonly path: string;
  readonly #history: History;
  #samples: ReportSample[] = [];
  /** Epochs between two samples. */
  #stride = 1;
  #unfinished: UnfinishedSteps[] = [];
  /** Writes something with the model as it is, after each epoch, or after some where there are many. */
  sample: (() => Promise<string>) | undefined;

  private constructor(path: string, history: History) {
    this.path = path;
    this.#history = history;
  }

  /**
   * Refuses a path that the page could not be written to, and one that something else is kept in.
   * @param path what `--report` was given; without it there is no page.
   * @param besides what is kept where, as messages call it: `{ '--out': 'model.safetensors' }`.
   * @throws ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_OPTION_RANGE.
   */
  static async open(
    path: string | undefined,
    history: History,
    besides: Readonly<Record<string, string | undefined>>,
  ): Promise<ReportFile | undefined> {
    if (path === undefined) return undefined;
    check.nonEmptyString('report', path);
    for (const [what, other] of Object.entries(besides)) {
      if (other !== undefined && (await isSamePlace(path, other))) {
        throw check.outOfRange('report', `another file than ${what}`, path);
      }
    }
    requirePageName('report', path);
    await requireWritable(path);
    return new ReportFile(path, history);
  }

  /** Notes steps of an epoch that may not come to its end. */
  progress({ firstStep, losses, gradientNorms, learningRates }: FitProgress): void {
    this.#unfinished.push({ firstStep, losses, gradientNorms, learningRates });
  }

  async onEpochEnd(result: EpochResult): Promise<void> {
    this.#unfinished = [];
    if (result.epoch % this.#stride === 0) await this.#addSample(result);
  }

  /** The last epoch is shown too, by the weights that it ended with: the best ones come back later. */
  async onEnd(): Promise<void> {
    await this.#addLastSample();
  }

  async onAbort(): Promise<void> {
    await this.#addLastSample();
  }

  async #addLastSample(): Promise<void> {
    const { last } = this.#history;
    // Within an epoch the model is not what it was after the last.
    const isAfterLast = last !== undefined && this.#unfinished.length === 0;
    if (isAfterLast && this.#samples.at(-1)?.epoch !== last.epoch) await this.#addSample(last);
  }

  async #addSample({ epoch, step }: EpochResult): Promise<void> {
    const { sample } = this;
    const text = sample === undefined ? undefined : await ifPossible(sample);
    if (text === undefined) return;
    this.#samples = [...this.#samples.filter((earlier) => earlier.epoch < epoch), { epoch, step, text }];
    if (this.#samples.length <= MOST_SAMPLES) return;
    this.#stride *= 2;
    this.#samples = this.#samples.filter((kept) => kept.epoch % this.#stride === 0);
  }

  /**
   * Draws the sample of the kept epoch where none is left of it. The best weights are back in the model by now, and no
   * sample is left out any more.
   */
  async #addKeptSample(bestEpoch: number): Promise<void> {
    const { sample } = this;
    const kept = this.#history.epochs.find(({ epoch }) => epoch === bestEpoch);
    if (sample === undefined || kept === undefined || this.#samples.some(({ epoch }) => epoch === bestEpoch)) return;
    const text = await ifPossible(sample);
    if (text === undefined) return;
    const drawn = { epoch: bestEpoch, step: kept.step, text };
    this.#samples = [...this.#samples, drawn].sort((a, b) => a.epoch - b.epoch);
  }

  getState(): unknown {
    return { samples: this.#samples, stride: this.#stride };
  }

  setState(state: unknown): void {
    const { samples, stride } = (state ?? {}) as { samples?: unknown; stride?: unknown };
    if (!Array.isArray(samples) || !samples.every(isSample))
      throw check.wrongType('samples', 'a list of samples', samples);
    this.#stride = check.integer('stride', stride, { min: 1 });
    this.#samples = samples;
  }

  /**
   * Writes the page, whole or not at all.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  async write({ title, note: remark, inspect, kept, model }: ReportContents): Promise<void> {
    // Where an epoch was the best, the model has its weights, and no longer those of the last.
    if (kept.bestEpoch === undefined) await this.#addLastSample();
    else await this.#addKeptSample(kept.bestEpoch);
    const seen = (await ifPossible(inspect)) ?? {};
    // The last epoch's are those that the model has, unless steps were made since.
    const last = this.#unfinished.length === 0 ? this.#history.last?.epoch : undefined;
    const keptEpoch = kept.bestEpoch ?? last;
    await writeReport(this.path, {
      title,
      command: commandLine(),
      created: `unrolled ${version}, ${new Date().toISOString().slice(0, 10)}`,
      ...(remark !== undefined && { note: remark }),
      ...trainingParts(this.#history, this.#unfinished, model),
      ...(keptEpoch !== undefined && { keptEpoch }),
      weights: describeKept(kept, keptEpoch, this.#history),
      ...(this.#samples.length > 0 && { samples: this.#samples }),
      ...seen,
    });
  }
}
