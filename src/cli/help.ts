/** Groups of options and examples that `--help` shows besides the descriptions. */

import type { Command } from 'commander';
import { CHECKPOINT_FLAGS, MODEL_FLAGS, TRAINING_FLAGS } from './training-flags';

/** Groups of options by subject. A command with fewer options than `LONG_LIST` has one list. */
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

/** The names of a command after the program's name. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

/** Gives a command of the program, and those below it, their groups and examples. */
export function addHelp(command: Command): void {
  for (const inner of command.commands) addHelp(inner);
  const examples = EXAMPLES[pathOf(command)];
  if (examples === undefined) return;
  const lines = examples.map((line) => `  ${line.startsWith('echo') ? line : `unrolled ${line}`}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  if (command.options.length < LONG_LIST) return;
  for (const option of command.options) {
    const group = Object.keys(GROUPS).find((name) => GROUPS[name]?.includes(option.attributeName()));
    if (group !== undefined) option.helpGroup(group);
  }
}
