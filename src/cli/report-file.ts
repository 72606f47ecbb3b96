/** `--report FILE.html`: the page of a training, written once the training is over, however it ended. */

import { resolve } from 'node:path';
import { type ErrorCode, UnrolledError } from '../errors';
import { isSameFile, requireWritable } from '../files';
import { version } from '../package';
import type { Inspection } from '../report/inspect';
import type { ReportSample } from '../report/record';
import { writeReport } from '../report/render';
import { trainingParts, type UnfinishedSteps } from '../report/training-parts';
import type { Callback } from '../training/callbacks/callback';
import type { EpochResult } from '../training/epoch-result';
import type { History } from '../training/history';
import type { FitProgress } from '../training/options';
import * as check from '../validation';
import { note } from './output';

/** What stands on the page beside the training. */
export interface ReportContents {
  title: string;
  /** How the training ended, where it was not as planned. */
  note?: string | undefined;
  /** The model from within; called once the training is over. */
  inspect(): Promise<Inspection>;
}

function isSample(value: unknown): value is ReportSample {
  const { epoch, step, text } = (value ?? {}) as Partial<Record<keyof ReportSample, unknown>>;
  return typeof epoch === 'number' && typeof step === 'number' && typeof text === 'string';
}

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** The command line that is running. */
export function commandLine(): string {
  return ['unrolled', ...process.argv.slice(2).map(quoted)].join(' ');
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
  #unfinished: UnfinishedSteps[] = [];
  /** Writes something with the model as it is, after each epoch. */
  sample: (() => Promise<string>) | undefined;

  private constructor(path: string, history: History) {
    this.path = path;
    this.#history = history;
  }

  /**
   * Refuses a path that the page could not be written to, and one that something else is kept in.
   * @param besides what is kept where, as messages call it: `{ '--out': 'model.safetensors' }`.
   * @throws ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_OPTION_RANGE.
   */
  static async open(
    path: string,
    history: History,
    besides: Readonly<Record<string, string | undefined>>,
  ): Promise<ReportFile> {
    await requireWritable(check.nonEmptyString('report', path));
    for (const [what, other] of Object.entries(besides)) {
      if (other === undefined) continue;
      if (resolve(path) === resolve(other) || (await isSameFile(path, other))) {
        throw check.outOfRange('report', `another file than ${what}`, path);
      }
    }
    return new ReportFile(path, history);
  }

  /** Notes steps of an epoch that may not come to its end. */
  progress({ firstStep, losses, gradientNorms, learningRates }: FitProgress): void {
    this.#unfinished.push({ firstStep, losses, gradientNorms, learningRates });
  }

  async onEpochEnd({ epoch, step }: EpochResult): Promise<void> {
    this.#unfinished = [];
    const { sample } = this;
    const text = sample === undefined ? undefined : await ifPossible(sample);
    if (text === undefined) return;
    this.#samples = [...this.#samples.filter((earlier) => earlier.epoch < epoch), { epoch, step, text }];
  }

  getState(): unknown {
    return { samples: this.#samples };
  }

  setState(state: unknown): void {
    const { samples } = (state ?? {}) as { samples?: unknown };
    if (!Array.isArray(samples) || !samples.every(isSample))
      throw check.wrongType('samples', 'a list of samples', samples);
    this.#samples = samples;
  }

  /**
   * Writes the page, whole or not at all.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  async write({ title, note: remark, inspect }: ReportContents): Promise<void> {
    const seen = (await ifPossible(inspect)) ?? {};
    await writeReport(this.path, {
      title,
      command: commandLine(),
      created: `unrolled ${version}, ${new Date().toISOString().slice(0, 10)}`,
      ...(remark !== undefined && { note: remark }),
      ...trainingParts(this.#history, this.#unfinished),
      ...(this.#samples.length > 0 && { samples: this.#samples }),
      ...seen,
    });
    note(`The report is in ${this.path}.`);
  }
}
