/** Progress of a training on standard error: a bar on a terminal, now and then a line elsewhere. */

import { showRate, showSeconds } from '../../base/messages/printing';
import type { FitProgress } from '../../training/fit-progress';
import { StatusBar } from './status-bar';

/** Seconds between two lines where standard error is no terminal. */
const SECONDS_BETWEEN_LINES = 5;

/** What is shown of the progress, counted from 1; `done` counts steps. */
function describe({ epoch, firstStep, losses, learningRates, totalSteps, tokensPerSecond, seconds }: FitProgress) {
  const done = firstStep + losses.length;
  const loss = losses.reduce((total, value) => total + value, 0) / losses.length;
  return {
    done,
    epoch: epoch + 1,
    loss: loss.toFixed(4),
    rate: Math.round(tokensPerSecond).toLocaleString('en'),
    left: showSeconds((seconds / done) * (totalSteps - done)),
    // Of the last step.
    lr: showRate(learningRates.at(-1) as number),
  };
}

/** How progress is shown on one kind of stream. */
export interface ProgressDisplay {
  update(progress: FitProgress): void;
  /** Takes the bar away, so that something else can be printed; the next update brings it back. */
  clear(): void;
}

class Bar implements ProgressDisplay {
  readonly #bar: StatusBar;
  readonly #unit: string;

  constructor(stream: NodeJS.WriteStream, unit: string) {
    this.#unit = unit;
    this.#bar = new StatusBar(stream);
  }

  update(progress: FitProgress): void {
    const { done, epoch, loss, rate, left, lr } = describe(progress);
    const { totalSteps: total } = progress;
    const figures = [
      { text: `${Math.floor((100 * done) / total)}%`, goes: 0 },
      { text: `epoch ${epoch}`, goes: 2 },
      { text: `loss ${loss}`, goes: 1 },
      { text: `${rate} ${this.#unit}/s`, goes: 3 },
      { text: `${left} left`, goes: 0 },
      { text: `lr ${lr}`, goes: 4 },
    ];
    this.#bar.update({ done, total, figures });
  }

  clear(): void {
    this.#bar.clear();
  }
}

class Lines implements ProgressDisplay {
  readonly #stream: NodeJS.WritableStream;
  readonly #unit: string;
  #lastLine = performance.now();

  constructor(stream: NodeJS.WritableStream, unit: string) {
    this.#stream = stream;
    this.#unit = unit;
  }

  update(progress: FitProgress): void {
    const now = performance.now();
    if (now - this.#lastLine < SECONDS_BETWEEN_LINES * 1000) return;
    this.#lastLine = now;
    const { done, epoch, loss, rate, left, lr } = describe(progress);
    const place = `step ${done}/${progress.totalSteps}  epoch ${epoch}`;
    this.#stream.write(`${place}  loss ${loss}  ${rate} ${this.#unit}/s  ${left} left  lr ${lr}\n`);
  }

  clear(): void {}
}

/** @param unit what is trained on, as its speed is told. */
export function progressDisplay(stream: NodeJS.WriteStream = process.stderr, unit = 'tokens'): ProgressDisplay {
  return stream.isTTY ? new Bar(stream, unit) : new Lines(stream, unit);
}
