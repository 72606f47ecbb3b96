/** Ctrl-C: the first ends the work at a whole step, the second the process. */

import os from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** While it lives, the first SIGINT or SIGTERM sets off `signal` in place of ending the process. */
export class Interrupt {
  readonly #controller = new AbortController();
  #status: number | undefined;

  readonly #handler = (signal: NodeJS.Signals): void => {
    const status = 128 + os.constants.signals[signal];
    if (this.#status !== undefined) process.exit(status);
    this.#status = status;
    this.#controller.abort();
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#handler);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status to leave with as shells have it, 128 and the signal's number; undefined before a signal. */
  get status(): number | undefined {
    return this.#status;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#handler);
  }
}
