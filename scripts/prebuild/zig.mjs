/**
 * Zig, from PyPI: a C and C++ compiler with the C libraries of every target. It is put into a Python environment of its
 * own under build/, and each target gets a folder of programs that call it as make and CMake expect compilers to be called.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, quietly, root, say, which } from '../support.mjs';

const VERSION = '0.17.1';

/** Where all that a prebuild makes on its way is kept, for the next time. */
export const prebuildFolder = path.join(root, 'build', 'prebuild');

/** The settings of the environment that a call of Zig needs. */
export const zigEnvironment = {
  ZIG_GLOBAL_CACHE_DIR: path.join(prebuildFolder, 'zig-cache'),
  ZIG_LOCAL_CACHE_DIR: path.join(prebuildFolder, 'zig-cache'),
};

/** A Python environment with packages from PyPI, each as "name==version". Returns its folder of programs. */
export function pythonEnvironment(name, packages) {
  const folder = path.join(prebuildFolder, name);
  const programs = path.join(folder, 'bin');
  const stamp = path.join(folder, `${packages.join(',')}.installed`);
  if (existsSync(stamp)) return programs;
  const python = which('python3');
  if (!python) throw new Failure('python3 is missing; Zig comes as a package of Python.');
  say(`installing ${packages.join(', ')} (pip) …`);
  mkdirSync(prebuildFolder, { recursive: true });
  for (const [command, args] of [
    [python, ['-m', 'venv', '--without-pip', '--clear', folder]],
    // The pip that is there installs into the new environment, so that Debian's package of ensurepip is not needed.
    [python, ['-m', 'pip', '--quiet', '--python', path.join(programs, 'python'), 'install', ...packages]],
  ]) {
    const { ok, output } = quietly(command, args);
    if (!ok) throw new Failure(`${command} ${args.join(' ')} failed:\n${output}`);
  }
  writeFileSync(stamp, '');
  return programs;
}

/** Installs Zig where it is missing, and returns its program. */
export function zig() {
  const programs = pythonEnvironment('zig', [`ziglang==${VERSION}`]);
  const { ok, output } = quietly(path.join(programs, 'python'), ['-c', 'import ziglang; print(ziglang.__path__[0])']);
  if (!ok) throw new Failure(`Zig is not where pip put it:\n${output}`);
  return path.join(output.trim(), 'zig');
}

/**
 * Writes `cc`, `c++`, `ar` and `ranlib` for a target, and `host-cc` for programs that run here.
 * Returns their folder.
 */
export function compilers(target) {
  const program = zig();
  const folder = path.join(prebuildFolder, target.name, 'bin');
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  // Zig adds checks of undefined behaviour and keeps frame pointers unless told not to.
  const flags = `-target ${target.zig} -fno-sanitize=undefined -fomit-frame-pointer`;
  write('cc', `${zigNamesOfProcessors}\nexec ${program} cc ${flags} -g0 "$@"`);
  const compile = `${program} c++ ${flags} "$@"`;
  write('c++', target.system === 'Darwin' ? `${linkByLld(target, compile)}\nexec ${compile}` : `exec ${compile}`);
  write('ar', `exec ${program} ar "$@"`);
  write('ranlib', `exec ${program} ranlib "$@"`);
  write('host-cc', `exec ${program} cc "$@"`);
  return folder;
}

/** Writes CMake's description of a target, and returns its path. */
export function toolchainFile(target) {
  const bin = compilers(target);
  const settings = {
    CMAKE_SYSTEM_NAME: target.system,
    CMAKE_SYSTEM_PROCESSOR: target.processor,
    CMAKE_CXX_COMPILER: path.join(bin, 'c++'),
    CMAKE_AR: path.join(bin, 'ar'),
    CMAKE_RANLIB: path.join(bin, 'ranlib'),
    // Compiled only, not linked: Zig would build its C++ library for these trials, and once more for the addon.
    CMAKE_TRY_COMPILE_TARGET_TYPE: 'STATIC_LIBRARY',
    // Stripped by the linker, which knows every format; with Apple's names for it -s leaves the names of what is not shown.
    CMAKE_SHARED_LINKER_FLAGS_INIT: target.system === 'Darwin' ? '-Wl,-S,-x' : '-s',
    // Libraries of windows and printers, which CMake would add on Windows.
    CMAKE_CXX_STANDARD_LIBRARIES: '',
    // Apple's own programs are not here; Zig does what they would do.
    ...(target.system === 'Darwin' ? { CMAKE_INSTALL_NAME_TOOL: '/bin/true', CMAKE_OSX_SYSROOT: '' } : {}),
  };
  const file = path.join(prebuildFolder, target.name, 'toolchain.cmake');
  const lines = Object.entries(settings).map(([name, value]) => `set(${name} "${value}")\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

// Zig's own linker for macOS shows everything, and binds functions of the addon itself as if they could be another's.
function linkByLld({ processor }, compile) {
  const node = process.execPath;
  const linker = path.join(root, 'scripts', 'prebuild', 'apple-linker.mjs');
  return `case " $* " in *" -dynamiclib "*) exec ${node} ${linker} ${processor} ${compile} ;; esac`;
}

// OpenBLAS names processors as GCC does; Zig has names of its own. That of Apple's it knows by the system.
const zigNamesOfProcessors = `
for argument do
  shift
  case $argument in
    -march=skylake-avx512) argument=-march=skylake_avx512 ;;
    -march=armv8-a | -march=armv8.3-a) continue ;;
    -march=armv8.2-a*) argument=-mcpu=neoverse_n1 ;;
    -mtune=*) continue ;;
  esac
  set -- "$@" "$argument"
done`.trim();
