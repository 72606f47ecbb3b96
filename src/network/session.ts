/** A model that continues step by step. */

import * as check from '../base/check';
import { resolveThreads } from '../base/resource-limits';
import { tensorOrOther } from '../tensor/nested-numbers';
import { ownCopy } from '../tensor/own-copy';
import { type ModelInput, requireInput } from './batch-input';
import type { ComputeOptions } from './forward-backward';
import type { Network } from './network';
import type { FloatTensor, InitialStates, States } from './parameter-layout';

/** Options of `Model.session`. */
export type SessionOptions = ComputeOptions;

/** The result of a session for one input. */
export type SessionOutput = FloatTensor;

/** The states, nested arrays among them as tensors. Others are checked where they are used. */
function withTensors(states: InitialStates): States {
  const entries = Object.entries(states).map(([name, state]) => [
    name,
    tensorOrOther(`states.${name}`, state, 'float64', 2),
  ]);
  return Object.fromEntries(entries) as States;
}

/**
 * Runs a model over one input after another, each from the state where the last one ended. Steps, states that are set and
 * resets have their effect in the order of the calls, and arrays are copied when they are given.
 */
export class Session {
  readonly #model: Network;
  readonly #threads: number | undefined;
  #states: States | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Number of calls that have not finished. */
  #waiting = 0;

  constructor(model: Network, options?: SessionOptions) {
    const { threads } = check.options('session', options, ['threads']);
    resolveThreads(threads);
    this.#model = model;
    this.#threads = threads;
  }

  /**
   * The output for an input of one step or more, `[T', B, F]`; the state continues to the next one.
   * @throws the errors of `Model.forward`; ERR_UNROLLED_SHAPE if the number of rows differs from that of the state,
   *   until it is reset. The state is then unchanged.
   */
  step(input: Omit<ModelInput, 'states'>): Promise<SessionOutput> {
    const own = ownCopy(input);
    return this.#inTurn(async () => {
      requireInput(this.#model.description.input, own);
      const states = this.#states;
      const { output, states: after } = await this.#model.forward(
        { ...own, ...(states !== undefined && { states }) },
        { threads: this.#threads },
      );
      this.#states = after;
      return output;
    });
  }

  /**
   * Copies of the states by name, `[B, H]` each; undefined, zero, at first. While steps wait they are those after the last one that
   * has ended: what was set or reset since is seen when its turn has come.
   */
  get states(): States | undefined {
    return ownCopy(this.#states);
  }

  /**
   * Continues from these states (tensors or nested arrays), or from zero if undefined, after the waiting steps.
   * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_TYPE for nested arrays that are not a tensor.
   */
  set states(states: InitialStates | undefined) {
    this.#begin(states && withTensors(ownCopy(states)));
  }

  /** Begins again from zero, after the steps that wait. */
  reset(): void {
    this.#begin(undefined);
  }

  #begin(states: States | undefined): void {
    if (this.#waiting === 0) {
      this.#states = states;
      return;
    }
    void this.#inTurn(async () => {
      this.#states = states;
    });
  }

  /** Runs work after all earlier calls. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    const result = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = result.catch(() => {});
    return result;
  }
}
