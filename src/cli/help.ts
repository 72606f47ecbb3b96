/** What `--help` shows beside descriptions: groups of options, and examples; and what an unknown option was meant for. */

import { type Command, CommanderError } from 'commander';
import { meantCommand, meantOption } from '../suggestions';
import { saidWithoutGuess, unknownName } from './parser-errors';
import { CHECKPOINT_FLAGS, MODEL_FLAGS, TRAINING_FLAGS } from './training-flags';

/** Options of long lists by what they are about. Commands with fewer than so many have one list. */
const LONG_LIST = 15;
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Text:': [
    ...[
      'test',
      'classes',
      'tokens',
      'maxVocab',
      'minCount',
      'encoding',
      'lineEnds',
      'normalize',
      'stream',
      'reread',
      'split',
    ],
    ...['standardize', 'stopWords', 'sequenceLength', 'unknown', 'skipUnreadable', 'vocab'],
  ],
  'Model:': [...MODEL_FLAGS, 'init', 'extendVocab'],
  'Training:': [...TRAINING_FLAGS, 'seconds'],
  'Files and output:': [...CHECKPOINT_FLAGS, 'out', 'report', 'logEvery', 'json', 'estimate'],
};

/** Two command lines for each command, without the program's name. */
const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  train: [
    'train poems.txt --cell gru --hidden 256 --epochs 10 --out poems.safetensors',
    'train poems.txt --resume run.safetensors --checkpoint run.safetensors --out poems.safetensors',
  ],
  sample: [
    'sample poems.safetensors "The " --length 300 --temperature 0.8',
    'sample poems.safetensors --prompts beginnings.txt --beams 4 --json',
  ],
  evaluate: [
    'evaluate poems.safetensors more-poems.txt --unknown skip',
    'evaluate poems.safetensors more-poems.txt --encoding gb18030 --json',
  ],
  score: ['score poems.safetensors "The sea"', 'score poems.safetensors --file poem.txt --per-token'],
  next: ['next poems.safetensors "The " --top 5', 'echo "The sea" | unrolled next poems.safetensors - --json'],
  'classify train': [
    'classify train reviews/ --validation 0.2 --out reviews.safetensors',
    'classify train reviews/ --split word --epochs 20 --early-stopping 3 --report reviews.html --out reviews.safetensors',
  ],
  'classify evaluate': [
    'classify evaluate reviews.safetensors more-reviews/',
    'classify evaluate reviews.safetensors more-reviews/ --classes neg,pos --json',
  ],
  'classify predict': [
    'classify predict reviews.safetensors "A lovely film, and not a minute too long."',
    'classify predict reviews.safetensors --file lines.txt --json',
  ],
  bench: ['bench --cell gru --hidden 512 --seconds 5', 'bench --vocab 74000 --output adaptive --json'],
  doctor: ['doctor', 'doctor --json'],
  build: ['build', 'build --help'],
};

/** The names of a command from that behind the program's on. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

/** Gives the commands below a program their groups and examples. */
export function addHelp(program: Command): void {
  for (const command of program.commands) {
    addHelp(command);
    const examples = EXAMPLES[pathOf(command)];
    if (examples === undefined) continue;
    const lines = examples.map((line) => `  ${line.startsWith('echo') ? line : `unrolled ${line}`}`);
    command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
    if (command.options.length < LONG_LIST) continue;
    for (const option of command.options) {
      const group = Object.keys(GROUPS).find((name) => GROUPS[name]?.includes(option.attributeName()));
      if (group !== undefined) option.helpGroup(group);
    }
  }
}

/** The command that arguments name. */
function commandOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const argument of args) {
    const inner = command.commands.find((each) => each.name() === argument);
    if (inner === undefined) break;
    command = inner;
  }
  return command;
}

/** Commands below one, by the words that are typed after its name. */
function namesBelow(command: Command): string[] {
  return command.commands.flatMap((inner) => [
    inner.name(),
    ...namesBelow(inner).map((name) => `${inner.name()} ${name}`),
  ]);
}

/** An error without the parser's own guess, and what was meant. */
function withMeant(error: CommanderError, meant: string | undefined): CommanderError {
  const said = saidWithoutGuess(error);
  const { exitCode, code } = error;
  return new CommanderError(exitCode, code, meant === undefined ? said : `${said}\n(Did you mean ${meant}?)`);
}

/** The error of an unknown option or command with what that was meant for, where one is near; any other error as it is. */
export function withMeantName(error: unknown, program: Command, args: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const name = unknownName(error);
  if (name === undefined) return error;
  const command = commandOf(program, args);
  if (error.code === 'commander.unknownCommand') {
    const below = command === program ? undefined : { command: command.name(), program: namesBelow(program) };
    return withMeant(error, meantCommand(name, namesBelow(command), below));
  }
  const { options } = command;
  const meant = meantOption(
    name,
    options.map((option) => option.attributeName()),
  );
  return withMeant(error, options.find((option) => option.attributeName() === meant)?.long);
}
