/** What the commands that train do alike: run the epochs, and end them by Ctrl-C. */

import { UnrolledError } from '../errors';
import type { EpochResult } from '../training/fit';
import type { InterruptHandlers } from './interrupt';
import { note } from './output';
import type { ProgressDisplay } from './progress';

/** What a signal says on a terminal that shows progress. */
export function onTerminal(display: ProgressDisplay): InterruptHandlers {
  return {
    onFirst: (signal) => {
      display.clear();
      if (signal === 'SIGINT') note('Stopping after this step; Ctrl-C again ends at once.');
    },
    onSecond: () => display.clear(),
  };
}

/** Trains until the end, or until the signal comes; returns whether it came. */
export async function runEpochs(
  epochs: AsyncIterable<EpochResult>,
  display: ProgressDisplay,
  onEpoch: (epoch: EpochResult) => void,
): Promise<boolean> {
  try {
    for await (const epoch of epochs) {
      display.clear();
      onEpoch(epoch);
    }
    return false;
  } catch (error) {
    if (error instanceof UnrolledError && error.code === 'ERR_UNROLLED_ABORTED') return true;
    throw error;
  } finally {
    display.clear();
  }
}
