/**
 * Times brain.js's training of an LSTM, one layer, a sequence at a time: it has no batches, and an optimiser of its own
 * (RMSprop that clips by value), with which nothing else can be chosen.
 *
 * Takes the options of `unrolled bench`, of which `--layers` and `--batch` are not heeded. Prints one JSON line,
 * `tokensPerSecond` and `steps`. Ends with status 77 where the package is absent.
 */

import { peerOptions, randomIds, requirePeer, timeSteps } from './steps';

/** As much of the package as is used here; it need not be there to check this. */
interface Brain {
  recurrent: {
    LSTM: new (options: {
      inputSize: number;
      inputRange: number;
      outputSize: number;
      hiddenLayers: number[];
    }) => { initialize(): void; trainPattern(ids: number[], logError: true): number };
  };
}

async function main(): Promise<void> {
  const { vocab, embedding, hidden, window, seconds } = peerOptions();
  const { LSTM } = requirePeer<Brain>('brain.js').recurrent;
  // Its `inputSize` is the width of the embedding.
  const network = new LSTM({ inputSize: embedding, inputRange: vocab, outputSize: vocab, hiddenLayers: [hidden] });
  network.initialize();
  const step = async () => {
    const error = network.trainPattern(Array.from(randomIds(window, vocab)), true);
    if (!Number.isFinite(error)) throw new Error('its error is not a finite number');
  };
  // The first builds the equations of each time step.
  await step();
  await timeSteps(window, seconds, step);
}

main().catch((error: unknown) => {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
});
