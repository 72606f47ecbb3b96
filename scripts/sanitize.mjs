/**
 * `npm run sanitize [address|thread|addon|leaks]`: the tests of the C++ core under AddressSanitizer (with LeakSanitizer)
 * and UndefinedBehaviorSanitizer, or under ThreadSanitizer, the addon under mocha with AddressSanitizer preloaded, and
 * trainings that are saved, loaded and sampled from with LeakSanitizer.
 *
 * OpenBLAS is not instrumented: what it writes is seen only where our code reads it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildTypeScript, configure, isBuildNews, UNITY_BUILD } from './build.mjs';
import { buildCoreTestsIn } from './core-tests.mjs';
import { asProgram, clang, Failure, quietly, root, run, say, tool } from './support.mjs';

const SANITIZERS = { address: 'address,undefined,float-cast-overflow', thread: 'thread' };

/** Quick to compile, and quick enough to run. */
const LIGHT = { UNROLLED_OPTIMIZATION: '-O1', CMAKE_BUILD_TYPE: 'None', CMAKE_CXX_FLAGS: '-O1', ...UNITY_BUILD };

/** Tests ask for more than there is, to be refused. */
const OPTIONS = 'allocator_may_return_null=1';

/** Locals that are read after their function has returned are found too. */
const ADDRESS_OPTIONS = `${OPTIONS}:detect_stack_use_after_return=1`;

/** A sanitizer ends the process where `new` would have thrown. */
const EXCLUDED = ['--test-case-exclude=*too large for the machine*'];

/** Test files that use the addon in every way, and take minutes at most when it is slow. */
const MOCHA = [
  ...['fit', 'model', 'model-training', 'native-training', 'worker', 'session', 'language-model', 'text-classifier'],
  ...['generation/together', 'generation/beam', 'training/resume', 'attacks/arguments', 'reliability/tear-down'],
  ...['input-gradients', 'gradients', 'lengths', 'activation-layer', 'not-finite', 'training/sparse'],
];

async function core(kind) {
  const folder = path.join(root, 'build', `sanitize-${kind}`);
  const compiler = clang();
  const chosen = compiler === undefined ? {} : { CMAKE_CXX_COMPILER: compiler };
  const settings = { UNROLLED_SANITIZE: SANITIZERS[kind], ...LIGHT, ...chosen };
  await buildCoreTestsIn(folder, 'The sanitized build', 'unrolled_core_tests', settings);
  const env = {
    ...process.env,
    ASAN_OPTIONS: ADDRESS_OPTIONS,
    TSAN_OPTIONS: OPTIONS,
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  await run(`The core under ${SANITIZERS[kind]}`, path.join(folder, 'unrolled_core_tests'), EXCLUDED, { env });
}

/** Builds the addon with AddressSanitizer. Gives the environment that Node.js runs it in; undefined without its library. */
async function sanitizedAddon() {
  const folder = path.join(root, 'build', 'sanitize-addon');
  const library = quietly('g++', ['-print-file-name=libasan.so']).output.trim();
  if (!path.isAbsolute(library)) {
    say('skipped, for want of libasan: the addon under AddressSanitizer.');
    return undefined;
  }
  // By CMake alone, which finds the headers by itself, into the folder where the loader is told to look.
  const built = path.join(folder, 'build');
  await configure('.', built, {
    ...{ UNROLLED_SANITIZE: 'address', UNROLLED_OPTIMIZATION: '-O1', ...UNITY_BUILD },
    CMAKE_LIBRARY_OUTPUT_DIRECTORY: path.join(built, 'Release'),
  });
  const build = ['--build', built, '--parallel', '2'];
  await run('The sanitized build of the addon', 'cmake', build, { filter: isBuildNews });
  return { ...process.env, UNROLLED_PREBUILD: folder, LD_PRELOAD: library };
}

async function addon() {
  const env = await sanitizedAddon();
  if (env === undefined) return;
  // Some of the files run the command line.
  await buildTypeScript();
  const files = MOCHA.map((name) => `test/${name}.test.ts`);
  const mocha = [tool('mocha', 'bin', 'mocha.js'), '--no-config', '--timeout', '600000', ...files];
  await run('The addon under AddressSanitizer', process.execPath, ['--import', 'tsx', ...mocha], {
    // Test tools keep what they like until the end; `leaks` looks for what is lost.
    env: { ...env, ASAN_OPTIONS: `${ADDRESS_OPTIONS}:detect_leaks=0` },
  });
}

/** A module that leaks what `LeakSanitizer` must then report. */
const LEAK = `#include <stdlib.h>
void *napi_register_module_v1(void *env, void *exports) {
  volatile char *lost = malloc(1234);
  lost[0] = 1;
  lost = 0;
  return exports;
}
`;

/** The leaks that LeakSanitizer reports of a run of test/support/leak-cycle.cjs; Node.js has none of its own. */
function leaksOf(env, ...args) {
  const program = ['--expose-gc', path.join('test', 'support', 'leak-cycle.cjs'), ...args];
  const { ok, output } = quietly(process.execPath, program, {
    env: { ...env, ASAN_OPTIONS: `${OPTIONS}:detect_leaks=1`, LSAN_OPTIONS: 'exitcode=0' },
    maxBuffer: 2 ** 28,
  });
  if (!ok) throw new Failure(`the program failed:\n${output.slice(-3000)}`);
  return output.split(/\n\s*\n/).filter((report) => /(Direct|Indirect) leak/.test(report));
}

async function leaks() {
  const env = await sanitizedAddon();
  if (env === undefined) return;
  await buildTypeScript();
  const leaking = path.join(root, 'build', 'sanitize-addon', 'leak.node');
  const source = leaking.replace(/node$/, 'c');
  writeFileSync(source, LEAK);
  await run('The leaking module', 'gcc', ['-g', '-shared', '-fPIC', '-fsanitize=address', '-o', leaking, source]);
  if (leaksOf(env, leaking).length !== 1) throw new Failure('a known leak was not reported: nothing can be said.');
  const found = leaksOf(env);
  if (found.length > 0) throw new Failure(`${found.length} leaks:\n${found.join('\n\n')}`);
  say('LeakSanitizer: no leak.');
}

export async function sanitize(kinds) {
  const asked = kinds.length > 0 ? kinds : ['address', 'thread', 'addon', 'leaks'];
  for (const kind of asked) {
    if (kind === 'addon') await addon();
    else if (kind === 'leaks') await leaks();
    else if (Object.hasOwn(SANITIZERS, kind)) await core(kind);
    else throw new Failure(`there is no ${kind}; give address, thread, addon, leaks, or nothing for all.`);
  }
  return 0;
}

await asProgram(import.meta.url, sanitize);
