/** Ctrl-C: the first ends the work at a whole step, the second the process. */

import os from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What else to do on a signal, for the terminal. */
export interface InterruptHandlers {
  onFirst(signal: NodeJS.Signals): void;
  /** Right before the process ends. */
  onSecond(): void;
}

/** While it lives, the first signal that would end the process sets off `signal` instead of it. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #handlers: InterruptHandlers;
  #status: number | undefined;

  readonly #handler = (signal: NodeJS.Signals): void => {
    const status = 128 + os.constants.signals[signal];
    if (this.#status !== undefined) {
      this.#handlers.onSecond();
      process.exit(status);
    }
    this.#status = status;
    this.#controller.abort();
    this.#handlers.onFirst(signal);
  };

  constructor(handlers: InterruptHandlers) {
    this.#handlers = handlers;
    for (const signal of SIGNALS) process.on(signal, this.#handler);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status, as in shells: 128 plus the number of the signal; undefined before a signal. */
  get status(): number | undefined {
    return this.#status;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#handler);
  }
}
