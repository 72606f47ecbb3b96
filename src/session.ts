/** A model that goes on step by step. */

import type { FloatTensor, InitialStates, States } from './flat-layout';
import { resolveThreads } from './limits';
import type { ComputeOptions, Model, ModelInput } from './model';
import { requireInput } from './model-input';
import { tensorOrOther } from './nested-numbers';
import * as check from './validation';

/** Options of `Model.session`. */
export type SessionOptions = ComputeOptions;

/** What a session gives for one input. */
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
 * Runs a model over one input after another, each from the state where the last one ended. Calls are served in their
 * order.
 */
export class Session {
  readonly #model: Model;
  readonly #threads: number | undefined;
  #states: States | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: Model, options?: SessionOptions) {
    const { threads } = check.options('session', options, ['threads']);
    resolveThreads(threads);
    this.#model = model;
    this.#threads = threads;
  }

  /**
   * The output for an input of one step or more, `[T', B, F]`; the state goes on to the next one.
   * @throws what `Model.forward` throws; ERR_UNROLLED_SHAPE for another number of rows than the state has, until it is
   *   reset. The state stays as it was then.
   */
  step(input: Omit<ModelInput, 'states'>): Promise<SessionOutput> {
    const result = this.#last.then(async () => {
      requireInput(this.#model.description, input);
      const states = this.#states;
      const { output, states: after } = await this.#model.forward(
        { ...input, ...(states !== undefined && { states }) },
        { threads: this.#threads },
      );
      // A state that was set or reset meanwhile outranks the one of this step.
      if (this.#states === states) this.#states = after;
      return output;
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** States by name, `[B, H]` each; undefined, zero, at first. Setting them leaves the tensors to the session. */
  get states(): States | undefined {
    return this.#states;
  }

  /**
   * Goes on from these states, tensors or nested arrays, or from zero where undefined.
   * @throws ERR_UNROLLED_SHAPE, ERR_UNROLLED_OPTION_TYPE for nested arrays that are no tensor.
   */
  set states(states: InitialStates | undefined) {
    this.#states = states && withTensors(states);
  }

  /** Begins anew from zero. */
  reset(): void {
    this.#states = undefined;
  }
}
