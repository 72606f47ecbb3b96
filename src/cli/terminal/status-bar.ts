/** The one line of a terminal that shows how far something is: a bar, and figures that matter more than the bar. */

import { type Options, SingleBar } from 'cli-progress';
import { columnsOf, cutTo, widthOf } from './width';

/** Columns of the bar alone: below so few it says nothing. */
const MOST_BAR = 30;
const LEAST_BAR = 4;

const SPACE = '  ';

/** A figure of the line. If there is no room for all, figures with the highest number are left out first. */
export interface Figure {
  text: string;
  /** 0 stays. */
  goes: number;
}

/**
 * A line of at most `columns` columns. If it is too long, first the bar becomes shorter, then the bar and then figures
 * are left out.
 * @param share the fraction that is done, from 0 to 1.
 */
export function fitLine(columns: number, share: number, figures: readonly Figure[]): string {
  let shown = [...figures];
  const textOf = () => shown.map(({ text }) => text).join(SPACE);
  while (widthOf(textOf()) > columns && shown.some(({ goes }) => goes > 0)) {
    const most = Math.max(...shown.map(({ goes }) => goes));
    shown = shown.filter(({ goes }) => goes < most);
  }
  const text = cutTo(textOf(), columns);
  const room = Math.min(MOST_BAR, columns - widthOf(text) - 1);
  if (room < LEAST_BAR) return text;
  const done = Math.round(Math.min(1, Math.max(0, share)) * room);
  return `${'='.repeat(done)}${'-'.repeat(room - done)} ${text}`;
}

/**
 * The output of the bar. The cursor rests at the beginning of the line. If a narrower window wraps the line, the cursor
 * stays there, and the rest of the line is below it.
 */
class StatusLine {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return columnsOf(this.#stream);
  }

  write(line: string): void {
    this.#stream.write(`\r${line}\x1b[J\r`);
  }

  clearLine(): void {
    this.#stream.write('\r\x1b[J');
  }

  // Disables what the bar would otherwise do: the cursor is already in its place, and the settings of the terminal
  // stay.
  cursorSave(): void {}
  cursorRestore(): void {}
  cursorTo(): void {}
  clearRight(): void {}
}

/** The figures of one moment, and how much of the whole is done. */
export interface Status {
  done: number;
  total: number;
  figures: readonly Figure[];
}

/** Shows a status on a terminal, at most ten times a second. */
export class StatusBar {
  readonly #bar: SingleBar;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    const options: Options & { terminal: StatusLine } = {
      // The last column is left free: some terminals begin a new line after it.
      format: (_, { progress }, { figures }) => fitLine(columnsOf(stream) - 1, progress, figures),
      terminal: new StatusLine(stream),
      stream,
      clearOnComplete: true,
      gracefulExit: false,
      // The terminal's own settings must never need restoring: with these the bar changes neither.
      hideCursor: false,
      linewrap: true,
    };
    this.#bar = new SingleBar(options);
  }

  update({ done, total, figures }: Status): void {
    if (this.#isShown) this.#bar.update(done, { figures });
    else this.#bar.start(total, done, { figures });
    this.#isShown = true;
  }

  /** Removes the line, so that something else can be printed. The next update shows it again. */
  clear(): void {
    if (this.#isShown) this.#bar.stop();
    this.#isShown = false;
  }
}
