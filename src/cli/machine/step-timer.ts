/** Times the steps of a training by groups of them. */

import type { NativeCancellation, NativeRunResult, NativeTraining } from '../../native/native';

/** Steps are timed in groups of at least so long: a shorter call would mostly time the way there and back. */
const GROUP_SECONDS = 0.02;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Runs steps of a training and remembers how long each took. */
export class StepTimer {
  readonly #training: Pick<NativeTraining, 'run' | 'stepsPerEpoch'>;
  readonly #cancellation: NativeCancellation;
  readonly #secondsPerStep: number[] = [];
  /** Steps of a group. */
  #group = 1;
  #stepsMade = 0;

  constructor(training: Pick<NativeTraining, 'run' | 'stepsPerEpoch'>, cancellation: NativeCancellation) {
    this.#training = training;
    this.#cancellation = cancellation;
  }

  get medianSeconds(): number {
    return median(this.#secondsPerStep);
  }

  /** Finds the size of a group; these steps, in which memory and caches fill, do not count. */
  async warmUp(): Promise<void> {
    for (;;) {
      const { seconds } = await this.#run();
      if (seconds >= GROUP_SECONDS || this.#group >= this.#training.stepsPerEpoch) return;
      this.#group = Math.min(this.#group * 2, this.#training.stepsPerEpoch);
    }
  }

  /** Trains for so long, one group at least. */
  async run(seconds: number): Promise<void> {
    for (let spent = 0; spent <= seconds; ) {
      const stepsBefore = this.#stepsMade;
      const result = await this.#run();
      this.#secondsPerStep.push(result.seconds / (result.steps - stepsBefore));
      spent += result.seconds;
    }
  }

  async #run(): Promise<NativeRunResult> {
    const result = await this.#training.run(this.#group, this.#cancellation, () => {});
    this.#stepsMade = result.steps;
    return result;
  }
}
