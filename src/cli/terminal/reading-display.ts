/** Progress of the reading of a large text on standard error: a bar on a terminal, now and then a line elsewhere. */

import { showSeconds } from '../../base/messages/formatting';
import type { ReadingProgress } from '../../text/file-corpus';
import { StatusBar } from './status-bar';
import { visibleText } from './visible-text';
import { cutTo } from './width';

/** Seconds between two lines if standard error is not a terminal. */
const SECONDS_BETWEEN_LINES = 5;

/** Most columns of the text's name: the figures matter more. */
const MOST_NAME = 24;

const MEGABYTE = 1e6;

/** How a reading is shown. */
export interface ReadingDisplay {
  update(progress: ReadingProgress): void;
  /** Removes the bar, so that something else can be printed. The next update shows it again. */
  clear(): void;
}

/** The time and the speed of a pass. */
class Pass {
  readonly #begun = performance.now();

  figures({ received, total }: ReadingProgress) {
    const seconds = Math.max(1e-3, (performance.now() - this.#begun) / 1000);
    const rate = received / seconds;
    return {
      percent: Math.floor((100 * received) / Math.max(1, total)),
      rate: (rate / MEGABYTE).toFixed(1),
      left: showSeconds((total - received) / rate),
    };
  }
}

class Bar implements ReadingDisplay {
  readonly #bar: StatusBar;
  readonly #name: string;
  #shown: Pass | undefined;

  constructor(stream: NodeJS.WriteStream, name: string) {
    this.#bar = new StatusBar(stream);
    this.#name = cutTo(visibleText(name), MOST_NAME);
  }

  update(progress: ReadingProgress): void {
    this.#shown ??= new Pass();
    const { percent, rate, left } = this.#shown.figures(progress);
    const figures = [
      { text: `${percent}%`, goes: 0 },
      { text: `reading ${this.#name}`, goes: 2 },
      { text: `${rate} MB/s`, goes: 1 },
      { text: `${left} left`, goes: 0 },
    ];
    this.#bar.update({ done: progress.received, total: progress.total, figures });
  }

  clear(): void {
    this.#bar.clear();
    this.#shown = undefined;
  }
}

class Lines implements ReadingDisplay {
  readonly #stream: NodeJS.WritableStream;
  readonly #name: string;
  #pass: Pass | undefined;
  #lastLine = performance.now();

  constructor(stream: NodeJS.WritableStream, name: string) {
    this.#stream = stream;
    this.#name = visibleText(name);
  }

  update(progress: ReadingProgress): void {
    this.#pass ??= new Pass();
    const now = performance.now();
    if (now - this.#lastLine < SECONDS_BETWEEN_LINES * 1000) return;
    this.#lastLine = now;
    const { percent, rate, left } = this.#pass.figures(progress);
    this.#stream.write(`reading ${this.#name}  ${percent}%  ${rate} MB/s  ${left} left\n`);
  }

  clear(): void {
    this.#pass = undefined;
  }
}

/** @param name of the text. */
export function readingDisplay(name: string, stream: NodeJS.WriteStream = process.stderr): ReadingDisplay {
  return stream.isTTY ? new Bar(stream, name) : new Lines(stream, name);
}
