/**
 * `npm run test:long`: what takes too long for every change, one named step after another, and a table at the end.
 *
 *   npm run test:long                      all steps; hours
 *   npm run test:long -- tear-down fuzz    some of them
 *   npm run test:long -- --list
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { asProgram, Failure, root, status, tool } from './support.mjs';

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Mocha's files in their long forms. */
function mocha(...files) {
  const args = [tool('mocha', 'bin', 'mocha.js'), '--no-config', '--timeout', '600000'];
  const env = { ...process.env, UNROLLED_LONG: '1' };
  const paths = files.map((name) => `test/${name}.test.ts`);
  return () => status(process.execPath, ['--import', 'tsx', ...args, ...paths], { env });
}

function script(name, ...args) {
  return () => status(process.execPath, [path.join('scripts', `${name}.mjs`), ...args]);
}

/** A script of package.json; skipped where this version has none of that name. */
function npm(name, ...args) {
  if (scripts[name] === undefined) return undefined;
  return () => status('npm', ['run', name, '--silent', '--', ...args]);
}

const STEPS = {
  'tear-down': mocha('reliability/tear-down'),
  determinism: mocha('reliability/determinism', 'threads'),
  load: mocha('reliability/load'),
  memory: mocha('reliability/memory'),
  'address-space': mocha('reliability/address-space'),
  'memory-limit': mocha('reliability/memory-limit'),
  disks: mocha('reliability/disks'),
  'large-files': mocha('reliability/large-files'),
  kills: mocha('cli/resume'),
  // Of each fuzzer.
  fuzz: script('fuzz', '--seconds', '600'),
  pairs: npm('test:pairs'),
  extending: npm('test:extending'),
  mutations: npm('test:mutations'),
  'core-clang': script('test', '--core', '--clang'),
  'sanitize-address': script('sanitize', 'address'),
  'sanitize-thread': script('sanitize', 'thread'),
  'sanitize-addon': script('sanitize', 'addon'),
  'sanitize-leaks': script('sanitize', 'leaks'),
  package: npm('test:package', '--long'),
  analyzer: npm('lint', 'analyzer'),
};

async function testLong(args) {
  if (args.includes('--list')) {
    console.log(Object.keys(STEPS).join('\n'));
    return 0;
  }
  const names = args.length > 0 ? args : Object.keys(STEPS);
  const unknown = names.find((name) => !Object.hasOwn(STEPS, name));
  if (unknown !== undefined) throw new Failure(`there is no step ${unknown}; --list names them.`);
  await build();
  const rows = [];
  for (const name of names) {
    console.log(`\n── ${name}`);
    const started = performance.now();
    const code = await STEPS[name]?.();
    const outcome = code === undefined ? 'skipped: not here' : code === 0 ? 'passed' : 'FAILED';
    rows.push({ step: name, outcome, minutes: ((performance.now() - started) / 60_000).toFixed(1) });
  }
  console.table(rows);
  return rows.some(({ outcome }) => outcome === 'FAILED') ? 1 : 0;
}

await asProgram(import.meta.url, testLong);
