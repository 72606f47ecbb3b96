/** `unrolled bench`: the speed of a configuration, compared with the limit of the machine. */

import { Command } from 'commander';
import * as check from '../../base/check';
import { counted } from '../../base/messages/plurals';
import { MAX_SIZE } from '../../base/resource-limits';
import { defaultSparse } from '../../layers/softmax-defaults';
import { completeOutput, describeOutput } from '../../models/architecture/softmax-head';
import { resolveArchitecture } from '../../models/architecture/text-architecture';
import { forModel, resolveFit } from '../../training/options/options';
import { jsonOption, numberOption } from '../options';
import { printJson, printLine } from '../terminal/output';
import { addNetworkOptions, addTrainingOptions, fitOptions, networkOptions, type SharedFlags } from '../training-flags';
import { type BenchmarkResult, benchmark } from './benchmark';

interface BenchFlags extends SharedFlags {
  vocab: number;
  seconds: number;
  json?: true;
}

function printResult(result: BenchmarkResult): void {
  const { tokensPerSecond, millisecondsPerStep, gflops, machineGflops, fractionOfMachine, threads, peakBytes } = result;
  printLine(
    `${Math.round(tokensPerSecond).toLocaleString('en')} tokens/s, ${millisecondsPerStep.toFixed(3)} ms per step`,
  );
  printLine(
    `${gflops.toFixed(1)} GFLOP/s, ${(100 * fractionOfMachine).toFixed(1)} % of this machine's ` +
      `${machineGflops.toFixed(1)} with ${counted(threads, 'thread')}`,
  );
  printLine(`${(peakBytes / 2 ** 20).toFixed(0)} MiB at most`);
}

async function bench(flags: BenchFlags): Promise<void> {
  const network = networkOptions(flags);
  const vocabulary = check.integer('vocab', flags.vocab, { min: 2, max: MAX_SIZE });
  const architecture = completeOutput(resolveArchitecture(network), { classes: vocabulary });
  const sparse = defaultSparse([describeOutput(architecture, 'head', vocabulary)]);
  const { stream, ...training } = forModel(resolveFit(fitOptions(flags), undefined), { threads: 0, sparse });
  const result = await benchmark({
    architecture,
    network,
    training,
    stream,
    vocabulary,
    seconds: check.number('seconds', flags.seconds, { above: 0, max: 86_400 }),
  });
  if (flags.json) printJson(result);
  else printResult(result);
}

export function benchCommand(): Command {
  return addTrainingOptions(addNetworkOptions(new Command('bench'), 'bench'), 'bench')
    .addOption(numberOption('--vocab <n>', 'size of the vocabulary').default(65))
    .addOption(numberOption('--seconds <s>', 'time to spend on training steps').default(10))
    .addOption(jsonOption())
    .action(bench);
}
