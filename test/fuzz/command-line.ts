/**
 * Command lines of `unrolled`: real commands and options with values that fit, that nearly fit, and that do not. Each ends
 * with a status of 0, 1 or 2, says with a code why where it is not 0, and leaves no temporary file.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import fc from 'fast-check';
import { commands } from '../../src/cli/commands';
import { run } from '../../src/cli/program';
import { fuzz, temporaryFolder } from './support';

const folder = temporaryFolder();
process.chdir(folder);

/** What each command is given at least: small work that ends soon. */
const BASES: Readonly<Record<string, readonly string[]>> = {
  train: ['text.txt', '--steps', '2', '--hidden', '4', '--batch', '2', '--window', '8'],
  sample: ['model', '--length', '4'],
  evaluate: ['model', 'text.txt'],
  score: ['model', 'the fox'],
  next: ['model', 'the'],
  export: ['model', '--onnx', 'new.onnx'],
  'classify train': ['texts', '--epochs', '1', '--hidden', '3', '--embedding', '3'],
  'classify evaluate': ['classifier', 'texts'],
  'classify predict': ['classifier', 'a good film'],
};

function base(name: string): readonly string[] {
  return BASES[name] as readonly string[];
}

/** Options whose large values are honest work without end, or a place that is no business of a fuzzer. */
const BOUNDED = ['--epochs', '--steps', '--length', '--beams', '--early-stopping', '--sequence-length'];

const LARGE = ['2147483647', '2147483648', '9007199254740991', '9007199254740993', '1e300', '1e999', '0x7fffffff'];
const ODD = [
  '',
  ' ',
  '-1',
  '-0',
  '0',
  '0.5',
  '1',
  '2',
  '3',
  '7',
  '1e-3',
  '1e-320',
  'NaN',
  'Infinity',
  '-Infinity',
  '1_000',
  '٣',
  '1,2',
];
const PATHS = [
  'model',
  'classifier',
  'text.txt',
  'empty.txt',
  'bytes',
  'texts',
  'none',
  'none/x',
  '/dev/null',
  '.',
  '',
  'new',
  '\ud83d',
  'checkpoint',
];
const WORDS = ['--', '-', '--help', '--no-such-option', '-x', 'the', 'a'.repeat(3000), 'né', '%s', '$HOME'];

/** The commands by their full names; one that measures the machine and one that takes nothing are left out. */
function commandsByName(): Map<string, Command> {
  const named = (command: Command, before: string): [string, Command][] => {
    const name = `${before}${command.name()}`;
    return command.commands.length > 0
      ? command.commands.flatMap((inner) => named(inner, `${name} `))
      : [[name, command]];
  };
  const all = commands().flatMap((command) => named(command, ''));
  return new Map(all.filter(([name]) => !['bench', 'build', 'doctor'].includes(name)));
}

/** Runs a command line in this process: thousands of them, where processes would be tens. */
async function runHere(args: readonly string[]): Promise<{ status: number; stderr: string }> {
  const { stdout, stderr } = process;
  const kept = [stdout.write, stderr.write] as const;
  let said = '';
  stdout.write = () => true;
  stderr.write = (text: string | Uint8Array) => {
    said += text;
    return true;
  };
  process.argv.splice(2, process.argv.length, ...args);
  process.exitCode = 0;
  try {
    await run(args);
    return { status: process.exitCode as number, stderr: said };
  } finally {
    [stdout.write, stderr.write] = kept;
    process.exitCode = 0;
    // Each run watches standard output for its end.
    stdout.removeAllListeners('error');
    stderr.removeAllListeners('error');
  }
}

/** An option with a value, or without where it takes none. */
function optionOf({ long, required, argChoices }: Option): fc.Arbitrary<string[]> {
  if (!required) return fc.constant([long as string]);
  const numbers = BOUNDED.includes(long as string) ? ODD : [...ODD, ...LARGE];
  const values = fc.oneof(
    fc.constantFrom(...numbers),
    fc.constantFrom(...PATHS),
    fc.constantFrom(...WORDS),
    ...(argChoices === undefined ? [] : [fc.constantFrom(...argChoices), fc.constantFrom(...argChoices)]),
    fc.integer({ min: -2, max: 40 }).map(String),
    fc.double({ min: 0, max: 2, noNaN: true }).map(String),
    fc.string({ maxLength: 6, unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
  );
  return values.map((value) => [long as string, value]);
}

async function makeFiles(): Promise<void> {
  writeFileSync('text.txt', 'the quick brown fox jumps over the lazy dog.\n'.repeat(10));
  writeFileSync('empty.txt', '');
  writeFileSync('bytes', Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x80, 0x0a]));
  for (const [name, text] of [
    ['bad', 'a bad film'],
    ['good', 'a good film'],
  ] as const) {
    mkdirSync(join('texts', name), { recursive: true });
    for (let i = 0; i < 4; i++) writeFileSync(join('texts', name, `${i}.txt`), `${text} ${i}`);
  }
  const made = [
    ['train', ...base('train'), '--out', 'model', '--checkpoint', 'checkpoint'],
    ['classify', 'train', ...base('classify train'), '--out', 'classifier'],
  ];
  for (const args of made) assert.equal((await runHere(args)).status, 0);
}

async function main(): Promise<void> {
  await makeFiles();
  const kept = readdirSync('.').sort();
  const byName = commandsByName();
  assert.deepEqual([...byName.keys()].sort(), Object.keys(BASES).sort());
  const cases = fc.oneof(
    ...[...byName].map(([name, command]) =>
      fc
        .record({
          options: fc.array(fc.oneof(...command.options.map(optionOf)), { maxLength: 4 }),
          extra: fc.array(fc.constantFrom(...WORDS, ...PATHS), { maxLength: 1 }),
          isWhole: fc.constantFrom(true, true, true, false),
        })
        .map(({ options, extra, isWhole }) => [
          ...name.split(' '),
          ...(isWhole ? base(name) : []),
          ...options.flat(),
          ...extra,
        ]),
    ),
  );
  await fuzz('command-line', cases, async (args) => {
    const { status, stderr } = await runHere(args);
    assert.ok(status === 0 || status === 1 || status === 2, `status ${status}\n${stderr}`);
    assert.ok(!/ERR_UNROLLED_INTERNAL|^\s+at .*:\d+:\d+/m.test(stderr), stderr);
    const isHelp = stderr.startsWith('Usage:');
    if (status !== 0 && !isHelp) assert.match(stderr, /^unrolled: [\s\S]*\(ERR_UNROLLED_[A-Z_]+\)\n$/m);
    const left = readdirSync('.');
    assert.ok(!left.some((name) => name.endsWith('.tmp')), left.join());
    // The next case finds what this one found.
    for (const name of left) if (!kept.includes(name)) rmSync(resolve(name), { recursive: true });
  });
}

main();
