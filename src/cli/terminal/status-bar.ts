/** The one line of a terminal that shows how far something is: a bar, and figures that matter more than the bar. */

import { type Options, SingleBar } from 'cli-progress';
import { columnsOf, cutTo, widthOf } from './width';

/** Columns of the bar alone: below so few it says nothing. */
const MOST_BAR = 30;
const LEAST_BAR = 4;

const SPACE = '  ';

/** A figure of the line; where there is no room for all, those with the highest number go first. */
export interface Figure {
  text: string;
  /** 0 stays. */
  goes: number;
}

/**
 * A line of at most so many columns. First the bar becomes shorter, then it goes, then figures go.
 * @param share from 0 to 1, of what is done.
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
 * What the bar writes by. The cursor rests at the line's beginning, so that it stays there when a narrower window wraps the
 * line, and all that is left of it is below.
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

  // What the bar would do besides: the cursor is where it has to be, and the terminal's settings are left alone.
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

  /** Takes the line away, so that something else can be printed; the next update brings it back. */
  clear(): void {
    if (this.#isShown) this.#bar.stop();
    this.#isShown = false;
  }
}
