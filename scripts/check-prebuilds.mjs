/**
 * `npm run check:prebuilds`: the gate that each binary in `prebuilds` must pass before it is shipped.
 *
 *   npm run check:prebuilds                       all that are there
 *   npm run check:prebuilds -- linux-x64-glibc    this one, which must be there
 *
 * It runs on the oldest systems that are promised, needs nothing but the system's own libraries, takes of Node what
 * Node-API version 8 has, shows nothing but its registration, and is small. What it says of itself is read by LIEF.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { prebuiltFile, targets } from './prebuild/targets.mjs';
import { pythonEnvironment, zig } from './prebuild/zig.mjs';
import { asProgram, Failure, quietly, root, say } from './support.mjs';

const LIEF = 'lief==1.0.0';
const MOST_BYTES = 15e6;
const GLIBC = [2, 28];
const MACOS = '11.0';

/** What Node looks for in an addon. */
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** What a library of numbers has no use for: other programs, other machines, other libraries. */
const SUSPECT =
  /^(exec[lv]\w*|fork|posix_spawnp?|system|popen|socket|connect|dlm?open|CreateProcess\w*|LoadLibrary\w*)$/;

/**
 * What of that a system's binary has a use for all the same. On Linux, the MPI library of the launcher is opened for a
 * training on several ranks (binding/mpi/library.cpp; SECURITY.md says when). On macOS, the system's own C++ library, which
 * is linked in, looks whether the process has loaded an old one, without loading it (dlopen with RTLD_NOLOAD), as
 * exceptions of the two would meet.
 */
const EXPECTED = { glibc: ['dlopen'], musl: ['dlopen'], darwin: ['dlopen'] };

/** The system's own libraries. */
const LIBRARIES = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|ld-linux-(x86-64|aarch64)\.so\.\d)$/,
  musl: /^(libc\.so|ld-musl-\w+\.so\.1)$/,
  darwin: /^\/usr\/lib\/libSystem\.B\.dylib$/,
  win32: /^(KERNEL32|ntdll|api-ms-win-\w+(-\w+)*-l\d-\d-\d)\.dll$/i,
};

/** @throws Failure naming all that is wrong with the binary of a target. */
export async function checkPrebuild(target) {
  const file = prebuiltFile(target);
  if (!existsSync(path.join(root, file))) throw new Failure(`${file} is not there.`);
  const faults = faultsOf(target, read(file));
  const bytes = statSync(path.join(root, file)).size;
  if (bytes > MOST_BYTES) faults.push(`it has ${bytes} bytes, more than ${MOST_BYTES}`);
  if (faults.length > 0) throw new Failure(`${file} must not be shipped:\n  ${faults.join('\n  ')}`);
}

/** What inspect.py finds in a file. */
function read(file) {
  const python = path.join(pythonEnvironment('lief', [LIEF]), 'python');
  const { ok, output } = quietly(python, [path.join(root, 'scripts', 'prebuild', 'inspect.py'), file]);
  if (!ok) throw new Failure(`${file} cannot be read:\n${output}`);
  return JSON.parse(output);
}

/** In words, what is wrong with what was found. */
export function faultsOf({ platform, libc }, found) {
  const faults = [];
  const system = libc ?? platform;
  for (const library of found.libraries) {
    if (!LIBRARIES[system].test(library)) faults.push(`it needs ${library}`);
  }
  const others = found.exports.filter((name) => !EXPORTS.includes(name));
  if (others.length > 0) faults.push(`it exports ${others.slice(0, 5).join(', ')} (${others.length} in all)`);
  if (!found.exports.includes(EXPORTS[0])) faults.push(`it does not export ${EXPORTS[0]}`);
  if (found.symbols > 0) faults.push(`it is not stripped: ${found.symbols} symbols`);
  for (const name of found.names ?? []) {
    if (name.startsWith('/')) faults.push(`it is named by where it was built, ${name}`);
  }
  if (system === 'darwin' && found.oldest !== MACOS) faults.push(`it is for macOS ${found.oldest}, and not ${MACOS}`);
  if (found.signed === false) faults.push('it is not signed, and Apple silicon runs nothing unsigned');
  for (const symbol of found.imports) {
    const fault = faultOfImport(system, symbol);
    if (fault !== undefined) faults.push(`it imports ${symbol.name}${fault}`);
  }
  return faults;
}

function faultOfImport(system, { name, version, library }) {
  if (SUSPECT.test(name) && !EXPECTED[system]?.includes(name)) return ', which it has no use for';
  if (nodeApi().has(name)) return undefined;
  if (/^(napi|node_api)_/.test(name)) return ', which Node-API version 8 has not';
  if (system === 'glibc') {
    const numbers = /^GLIBC_(\d+)\.(\d+)/.exec(version ?? '');
    if (numbers === null) return `, which is of ${version ?? 'no library'}`;
    const [major, minor] = [Number(numbers[1]), Number(numbers[2])];
    return major === GLIBC[0] && minor <= GLIBC[1] ? undefined : ` of ${version}`;
  }
  if (system === 'musl') return muslNames().has(name) ? undefined : ', which musl has not';
  return library !== undefined && library !== null ? undefined : ', which is of no library';
}

let nodeApiNames;
function nodeApi() {
  if (nodeApiNames === undefined) {
    const { symbols } = createRequire(import.meta.url)('node-api-headers');
    nodeApiNames = new Set([...symbols.v8.js_native_api_symbols, ...symbols.v8.node_api_symbols]);
  }
  return nodeApiNames;
}

let namesOfMusl;
/** What musl offers, by the list that Zig links with. */
function muslNames() {
  if (namesOfMusl === undefined) {
    const list = readFileSync(path.join(path.dirname(zig()), 'lib', 'libc', 'musl', 'libc.S'), 'utf8');
    namesOfMusl = new Set(Array.from(list.matchAll(/^(?:\.globl|\.weak|WEAK\w+) (\w+)$/gm), ([, name]) => name));
  }
  return namesOfMusl;
}

async function main(names) {
  const wanted = targets.filter((target) =>
    names.length === 0 ? existsSync(path.join(root, prebuiltFile(target))) : names.includes(target.name),
  );
  if (wanted.length < Math.max(1, names.length)) throw new Failure('there is nothing to check: npm run prebuilds');
  for (const target of wanted) {
    await checkPrebuild(target);
    say(`${prebuiltFile(target)} may be shipped.`);
  }
}

await asProgram(import.meta.url, main);
