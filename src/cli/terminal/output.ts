/** Results on standard output. */

import { writeError } from '../../base/files/files';
import { visibleJson, visibleText } from './visible-text';

const ended = new AbortController();

/** Aborted once standard output takes nothing more: the work whose results go there may stop. */
export const outputEnd: AbortSignal = ended.signal;

/**
 * Watches standard output. A reader who leaves ends the work quietly, anything else that keeps results from being
 * written by `fail`.
 */
export function watchOutput(fail: (error: unknown) => void): void {
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (outputEnd.aborted) return;
    ended.abort();
    if (cause.code !== 'EPIPE') fail(writeError('Standard output', cause));
  });
  // Progress and notes that nobody can read are no reason to fail.
  process.stderr.on('error', () => {});
}

/** Prints a result: to a pipe or a file as it is, on a terminal with its control characters shown. */
export function print(text: string): void {
  process.stdout.write(process.stdout.isTTY ? visibleText(text) : text);
}

export function printLine(text: string): void {
  print(`${text}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${visibleJson(value)}\n`);
}

/** Digits of a figure that a person reads; JSON has them all. */
const DIGITS = 6;

/** A figure for people. */
export function showFigure(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));
}

/** A note for the person at the terminal; not part of the output. */
export function note(text: string): void {
  process.stderr.write(`${visibleText(text)}\n`);
}
