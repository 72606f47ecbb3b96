/** Training steps on random ids, timed beside the machine's own limit. */

import { isRecurrent, planOf, totalElements } from '../../layers/plan';
import type { Architecture, NetworkOptions } from '../../models/architecture/network-options-table';
import { buildNetwork, describeNetwork } from '../../models/architecture/text-architecture';
import { withCancellation } from '../../native/cancellation';
import { addon } from '../../native/load';
import type { ModelDescription } from '../../native/native';
import { zeros } from '../../tensor/tensor';
import type { ResolvedStream, ResolvedTraining } from '../../training/options/options';
import { requireTrainingBytes } from '../../training/training-memory';
import { randomIds } from './random-ids';
import { StepTimer } from './step-timer';

export interface BenchmarkOptions {
  architecture: Architecture;
  network: NetworkOptions;
  training: ResolvedTraining;
  stream: ResolvedStream;
  /** Number of ids V. */
  vocabulary: number;
  /** Time for training steps; the machine's limit is measured beside. */
  seconds: number;
}

export interface BenchmarkResult {
  tokensPerSecond: number;
  /** Of the median step. */
  millisecondsPerStep: number;
  /** 6 × the nominal multiply-adds a token × tokens per second. */
  gflops: number;
  /** The best single-precision product of two 2048 × 2048 matrices in the same run, with as many threads. */
  machineGflops: number;
  fractionOfMachine: number;
  threads: number;
  /** The most memory the process had while it trained, before the machine's limit was measured. */
  peakBytes: number;
}

const MACHINE_SIZE = 2048;
/** How often the machine's limit is measured: four times a second of training, but not more and not less often than this. */
const MACHINE_SAMPLES = { min: 2, max: 8 };

/** Ids to train on, about: enough for many steps of a small configuration, and a few of a large one. */
const IDS = 2 ** 20;

/**
 * Nominal multiply-adds a token: G·H·(I + H) of each recurrent layer, which are the elements of its weights, plus H·V. With
 * one-hot input the first I is V.
 */
function multiplyAdds(description: ModelDescription, { hidden }: Architecture, vocabulary: number): number {
  const parameters = planOf(description)
    .layers.filter(isRecurrent)
    .flatMap((layer) => layer.parameters);
  return totalElements(parameters.filter(({ shape }) => shape.length === 2)) + hidden * vocabulary;
}

/**
 * Times training steps. Between groups of them the machine's limit is measured, spread through the run.
 * @throws what making and training such a model throws.
 */
export async function benchmark(options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { architecture, network, training, stream, vocabulary, seconds } = options;
  const description = describeNetwork(architecture, { vocabulary, outputs: vocabulary, last: false });
  const tokensPerStep = stream.batch * stream.window;
  const { machineGflops, info } = addon();
  const threads = training.native.threads || info().threads;
  const { model } = buildNetwork(description, network);
  try {
    const empty = { kind: 'stream', ids: zeros([0], 'int32').data, ...stream } as const;
    await requireTrainingBytes(model, empty, training.native);
    // What an adaptive or a sampled softmax takes depends on how often a token occurs.
    const zipfian = architecture.output !== undefined;
    const ids = randomIds(Math.ceil(IDS / tokensPerStep) * tokensPerStep + 1, vocabulary, zipfian);
    const source = { kind: 'stream', ids, ...stream } as const;
    const nativeTraining = model.native.startTraining({ ...training.native, source });
    return await withCancellation(undefined, async (cancellation) => {
      const timer = new StepTimer(nativeTraining, cancellation);
      await timer.warmUp();
      const peakBytes = process.resourceUsage().maxRSS * 1024;
      let machine = 0;
      const samples = Math.min(Math.max(Math.ceil(4 * seconds), MACHINE_SAMPLES.min), MACHINE_SAMPLES.max);
      for (let sample = 0; sample < samples; sample++) {
        machine = Math.max(machine, await machineGflops(MACHINE_SIZE, 1, threads));
        await timer.run(seconds / samples);
      }
      const tokensPerSecond = tokensPerStep / timer.medianSeconds;
      const gflops = (6 * multiplyAdds(description, architecture, vocabulary) * tokensPerSecond) / 1e9;
      return {
        tokensPerSecond,
        millisecondsPerStep: timer.medianSeconds * 1000,
        gflops,
        machineGflops: machine,
        fractionOfMachine: gflops / machine,
        threads,
        peakBytes,
      };
    });
  } finally {
    model.dispose();
  }
}
