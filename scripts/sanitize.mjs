/**
 * `npm run sanitize [address|thread|addon]`: the tests of the C++ core under AddressSanitizer (with LeakSanitizer) and
 * UndefinedBehaviorSanitizer, or under ThreadSanitizer, and the addon under mocha with AddressSanitizer preloaded.
 *
 * OpenBLAS is not instrumented: what it writes is seen only where our code reads it.
 */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isBuildNews, isConfiguredHere } from './build.mjs';
import { asProgram, Failure, quietly, root, run, say, tool, which } from './support.mjs';

const SANITIZERS = { address: 'address,undefined,float-cast-overflow', thread: 'thread' };

/** Quick to compile, and quick enough to run. */
const LIGHT = ['-DUNROLLED_OPTIMIZATION=-O1', '-DCMAKE_BUILD_TYPE=None', '-DCMAKE_CXX_FLAGS=-O1'];

/** Tests ask for more than there is, to be refused. */
const OPTIONS = 'allocator_may_return_null=1';

/** A sanitizer ends the process where `new` would have thrown. */
const EXCLUDED = ['--test-case-exclude=*too large for the machine*'];

/** Test files that use the addon in every way, and take minutes at most when it is slow. */
const MOCHA = [
  ...['fit', 'model', 'model-training', 'native-training', 'worker', 'session', 'language-model', 'text-classifier'],
  ...['generation/together', 'generation/beam', 'training/resume', 'attacks/arguments', 'reliability/tear-down'],
];

async function core(kind) {
  const folder = path.join(root, 'build', `sanitize-${kind}`);
  const compiler = ['clang++', 'clang++-14'].find((name) => which(name) !== undefined);
  const chosen = compiler === undefined ? [] : [`-DCMAKE_CXX_COMPILER=${compiler}`];
  if (!isConfiguredHere(folder)) {
    rmSync(folder, { force: true, recursive: true });
    const settings = [`-DUNROLLED_SANITIZE=${SANITIZERS[kind]}`, ...LIGHT, ...chosen, '--log-level=WARNING'];
    await run('CMake', 'cmake', [
      '-S',
      'test/core',
      '-B',
      folder,
      ...settings,
      ...(which('ninja') ? ['-G', 'Ninja'] : []),
    ]);
  }
  const target = ['--target', 'unrolled_core_tests'];
  await run('The sanitized build', 'cmake', ['--build', folder, '--parallel', '2', ...target], { filter: isBuildNews });
  const env = { ...process.env, ASAN_OPTIONS: OPTIONS, TSAN_OPTIONS: OPTIONS, UBSAN_OPTIONS: 'print_stacktrace=1' };
  await run(`The core under ${SANITIZERS[kind]}`, path.join(folder, 'unrolled_core_tests'), EXCLUDED, { env });
}

/** The addon of a build with AddressSanitizer, in a Node.js that has its library preloaded. */
async function addon() {
  const folder = path.join(root, 'build', 'sanitize-addon');
  const library = quietly('g++', ['-print-file-name=libasan.so']).output.trim();
  if (!path.isAbsolute(library)) {
    say('skipped, for want of libasan: the addon under AddressSanitizer.');
    return;
  }
  await run(
    'The sanitized build of the addon',
    process.execPath,
    [
      ...[tool('cmake-js', 'bin', 'cmake-js'), 'build', '--log-level=error', '--parallel=2'],
      ...[`--out=${path.join(folder, 'build')}`, '--CDUNROLLED_SANITIZE=address', '--CDUNROLLED_OPTIMIZATION=-O1'],
    ],
    { filter: isBuildNews },
  );
  if (!existsSync(path.join(folder, 'build', 'Release', 'unrolled.node')))
    throw new Failure('the addon was not built.');
  const files = MOCHA.map((name) => `test/${name}.test.ts`);
  const mocha = [tool('mocha', 'bin', 'mocha.js'), '--no-config', '--timeout', '600000', ...files];
  await run('The addon under AddressSanitizer', process.execPath, ['--import', 'tsx', ...mocha], {
    env: {
      ...process.env,
      UNROLLED_PREBUILD: folder,
      LD_PRELOAD: library,
      // What Node.js itself never frees is none of ours; leaks are looked for in the core's tests, where all is ours.
      ASAN_OPTIONS: `${OPTIONS}:detect_leaks=0`,
    },
  });
}

export async function sanitize(kinds) {
  const asked = kinds.length > 0 ? kinds : ['address', 'thread', 'addon'];
  for (const kind of asked) {
    if (kind === 'addon') await addon();
    else if (Object.hasOwn(SANITIZERS, kind)) await core(kind);
    else throw new Failure(`there is no ${kind}; give address, thread, addon, or nothing for all.`);
  }
  return 0;
}

await asProgram(import.meta.url, sanitize);
