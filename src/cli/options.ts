/** Options that several commands share, and the reading of their values. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { CELLS, type NetworkOptions, NONLINEARITIES } from '../architecture';
import { UnrolledError } from '../errors';
import { OUTPUTS } from '../output';
import { didYouMean } from '../suggestions';
import { UNKNOWN_POLICIES } from '../text/vocabulary-options';
import { OPTIMIZER_KINDS, type OptimizerKind } from '../training/optimizers';
import { DEFAULT_BATCH, DEFAULT_WINDOW, type FitOptions, PRECISIONS } from '../training/options';
import { SCHEDULE_KINDS, type ScheduleKind } from '../training/schedule';
import * as check from '../validation';

/** A number as people write one: decimal digits, perhaps with a point, perhaps with an exponent. */
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The finite number that a text says in decimal; undefined for anything else. */
export function decimalIn(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A number as written; its range is checked by whoever takes it. */
function parseNumber(option: string, expected: string, text: string): number {
  const value = decimalIn(text);
  if (value === undefined) throw check.wrongType(option, expected, text);
  return value;
}

export function numberOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => parseNumber(option.long ?? flags, 'a decimal number, as 10, 0.5 or 1e-3', text));
}

export function plainOption(flags: string, description: string): Option {
  return new Option(flags, description);
}

const repeatable = new WeakSet<Option>();

/** An option that may be given several times. */
export function repeatableOption<T>(flags: string, description: string, parse: (text: string) => T): Option {
  const option = new Option(flags, description);
  repeatable.add(option);
  return option.argParser((text, before: T[] | undefined) => [...(before ?? []), parse(text)]);
}

/** An option whose texts are taken as they are, as often as it is given. */
export function listOption(flags: string, description: string): Option {
  return repeatableOption(flags, description, (text) => text);
}

/**
 * Lets a command and those inside refuse an option with a value that is given twice, where one of them would be lost.
 * @throws (when the command line is parsed) ERR_UNROLLED_OPTION_RANGE.
 */
export function refuseTwice(command: Command): void {
  for (const inner of command.commands) refuseTwice(inner);
  for (const option of command.options) {
    if (!(option.required || option.optional) || repeatable.has(option)) continue;
    let before: string | undefined;
    command.on(`option:${option.name()}`, (text: string | null) => {
      const given = text === null ? 'no value' : check.show(text);
      if (before !== undefined) {
        const name = option.long ?? option.flags;
        const received = `${before} and ${given}`;
        throw new UnrolledError(
          'ERR_UNROLLED_OPTION_RANGE',
          `${name} must be given once, not twice, with ${received}`,
          {
            ...{ option: name, expected: 'one value', received },
            advice: 'Leave one out.',
          },
        );
      }
      before = given;
    });
  }
}

function embeddingOption(): Option {
  return new Option('--embedding <n|onehot>', 'width of the embedding (default: 64)').argParser((text) =>
    text === 'onehot' ? text : parseNumber('--embedding', 'a whole number in decimal digits, or onehot', text),
  );
}

function cutoffsOption(): Option {
  const option = new Option(
    '--cutoffs <n,n>',
    'of adaptive: ranks at which its clusters begin (default: V to the powers 2/3 and 5/6)',
  );
  return option.argParser((text) => {
    const ranks = text.split(',').map(decimalIn);
    if (ranks.every((rank) => rank !== undefined)) return ranks;
    throw check.wrongType('--cutoffs', 'whole numbers in decimal digits, with commas between', text);
  });
}

export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((text) => {
    if (choices.includes(text)) return text;
    const meant = didYouMean(text, choices);
    throw new InvalidArgumentError(
      `Allowed choices are ${choices.join(', ')}.${meant === undefined ? '' : ` ${meant}`}`,
    );
  });
}

export function jsonOption(): Option {
  return new Option('--json', 'one JSON object a line in place of text');
}

export function threadsOption(): Option {
  return numberOption('--threads <n>', 'threads to compute with (default: what the process may use)');
}

export function unknownOption(): Option {
  const description = 'what becomes of tokens that the model lacks (default: as it was trained)';
  return choiceOption('--unknown <policy>', description, UNKNOWN_POLICIES);
}

/** Values of the options that describe a network and its training, as `train` and `bench` have them. */
export interface TrainingFlags {
  cell?: NetworkOptions['cell'];
  embedding?: number | 'onehot';
  hidden?: number;
  layers?: number;
  nonlinearity?: NetworkOptions['nonlinearity'];
  singleBias?: true;
  dropout?: number;
  recurrentDropout?: number;
  layerNorm?: true;
  tied?: true;
  output?: NetworkOptions['output'];
  cutoffs?: number[];
  divisor?: number;
  samples?: number;
  window?: number;
  batch?: number;
  optimizer?: OptimizerKind;
  lr?: number;
  momentum?: number;
  weightDecay?: number;
  schedule?: ScheduleKind;
  warmup?: number;
  scheduleEvery?: number;
  scheduleFactor?: number;
  sparse?: 'exact' | 'lazy';
  precision?: 'float32' | 'bf16';
  reduction?: 'mean' | 'sum';
  clipValue?: number;
  clipNorm?: number;
  seed?: number;
  threads?: number;
}

/** Adds the options of `TrainingFlags`, none with a default: what is not given is left to the API. */
export function addTrainingOptions(command: Command): Command {
  return command
    .addOption(choiceOption('--cell <kind>', 'recurrent cell (default: lstm)', CELLS))
    .addOption(embeddingOption())
    .addOption(numberOption('--hidden <n>', 'hidden size of every layer (default: 256)'))
    .addOption(numberOption('--layers <n>', 'stacked layers (default: 1)'))
    .addOption(choiceOption('--nonlinearity <kind>', 'of the cell rnn (default: tanh)', NONLINEARITIES))
    .option('--single-bias', 'one trained bias a layer in place of two')
    .addOption(numberOption('--dropout <x>', 'rate dropped between layers and before the head (default: off)'))
    .addOption(numberOption('--recurrent-dropout <x>', 'rate dropped of h from step to step (default: off)'))
    .option('--layer-norm', 'normalise inside the cells')
    .option('--tied', "take the embedding for the head's weight; both are of one width then")
    .addOption(choiceOption('--output <kind>', 'the softmax (default: exact)', OUTPUTS))
    .addOption(cutoffsOption())
    .addOption(numberOption('--divisor <x>', 'of adaptive: by what each cluster is narrower (default: 4)'))
    .addOption(
      numberOption('--samples <n>', 'of sampled: tokens drawn a step (default: 1024, at most half of the vocabulary)'),
    )
    .addOption(numberOption('--window <n>', `tokens of a row that a step trains on (default: ${DEFAULT_WINDOW})`))
    .addOption(numberOption('--batch <n>', `rows the text is cut into (default: ${DEFAULT_BATCH})`))
    .addOption(choiceOption('--optimizer <kind>', 'optimiser (default: adam)', OPTIMIZER_KINDS))
    .addOption(numberOption('--lr <x>', "learning rate (default: the optimiser's)"))
    .addOption(numberOption('--momentum <x>', 'of momentum (default: 0.9), sgd and rmsprop (default: 0)'))
    .addOption(numberOption('--weight-decay <x>', 'weight decay (default: off; adamw 0.01)'))
    .addOption(choiceOption('--schedule <kind>', 'course of the learning rate (default: constant)', SCHEDULE_KINDS))
    .addOption(numberOption('--warmup <n>', 'steps in which the learning rate rises first (default: 0)'))
    .addOption(
      numberOption('--schedule-every <n>', 'of step and exponential: steps after which the factor applies once more'),
    )
    .addOption(numberOption('--schedule-factor <x>', 'factor of step (default: 0.1) and exponential (default: 0.5)'))
    .addOption(
      choiceOption('--sparse <kind>', 'updates of untouched rows (default: exact; of --output sampled: lazy)', [
        'exact',
        'lazy',
      ]),
    )
    .addOption(choiceOption('--precision <kind>', 'of large products (default: float32)', PRECISIONS))
    .addOption(
      choiceOption('--reduction <kind>', 'of the losses of a step: their mean, or their sum (default: mean)', [
        'mean',
        'sum',
      ]),
    )
    .addOption(numberOption('--clip-value <x>', 'clip every gradient to ±x (default: off)'))
    .addOption(numberOption('--clip-norm <x>', 'scale the gradient to at most this norm (default: off)'))
    .addOption(numberOption('--seed <n>', 'of everything random (default: 0)'))
    .addOption(threadsOption());
}

/** The part of the flags that describes the network. */
export function networkOptions(flags: TrainingFlags): NetworkOptions {
  const { cell, embedding, hidden, layers, nonlinearity, singleBias, seed, threads } = flags;
  const { dropout, recurrentDropout, layerNorm, tied, output, cutoffs, divisor, samples } = flags;
  return {
    ...{ cell, embedding, hidden, layers, nonlinearity, singleBias, seed, threads },
    ...{ dropout, recurrentDropout, layerNorm, tied, output, cutoffs, divisor, samples },
  };
}

/** The schedule that was asked for, if any part of it was. */
function scheduleOption({ schedule, warmup, scheduleEvery, scheduleFactor }: TrainingFlags): FitOptions['schedule'] {
  const figures = {
    ...(warmup !== undefined && { warmup }),
    ...(scheduleEvery !== undefined && { every: scheduleEvery }),
    ...(scheduleFactor !== undefined && { factor: scheduleFactor }),
  };
  if (schedule === undefined && Object.keys(figures).length === 0) return undefined;
  return { kind: schedule ?? 'constant', ...figures };
}

/** The part of the flags that says how to train. */
export function fitOptions(flags: TrainingFlags): FitOptions {
  const { window, batch, optimizer, lr, momentum, weightDecay, reduction, clipValue, clipNorm, seed, threads } = flags;
  return {
    window,
    batch,
    optimizer,
    learningRate: lr,
    momentum,
    weightDecay,
    schedule: scheduleOption(flags),
    sparse: flags.sparse,
    precision: flags.precision,
    reduction,
    clipValue,
    clipNorm,
    seed,
    threads,
  };
}
