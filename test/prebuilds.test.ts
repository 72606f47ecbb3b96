/** The gate of the prebuilt binaries refuses each thing that it is there to refuse. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Found {
  libraries: string[];
  imports: { name: string; version?: string | null; library?: string | null }[];
  exports: string[];
  symbols?: number;
  signed?: boolean;
  names?: string[];
  oldest?: string;
}
interface Gate {
  faultsOf(target: { platform: string; libc?: string }, found: Found): string[];
}

const LINUX = { platform: 'linux', libc: 'glibc' };
const GOOD: Found = {
  libraries: ['libc.so.6', 'libm.so.6', 'ld-linux-aarch64.so.1'],
  imports: [
    { name: 'napi_create_function', version: null },
    { name: 'memcpy', version: 'GLIBC_2.28' },
    // The MPI library of a launcher is opened.
    { name: 'dlopen', version: 'GLIBC_2.2.5' },
  ],
  exports: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
  symbols: 0,
};

const MACOS = { platform: 'darwin' };
const SYSTEM_LIBRARY = '/usr/lib/libSystem.B.dylib';
const GOOD_FOR_MACOS: Found = {
  libraries: [SYSTEM_LIBRARY],
  imports: [
    { name: 'napi_create_function', library: null },
    { name: 'dlopen', library: SYSTEM_LIBRARY },
  ],
  exports: GOOD.exports,
  symbols: 0,
  signed: true,
  names: ['@rpath/unrolled.node'],
  oldest: '11.0',
};

describe('the gate of the prebuilt binaries', () => {
  let gate: Gate;
  before(async () => {
    gate = await import(pathToFileURL(path.resolve(__dirname, '..', 'scripts', 'check-prebuilds.mjs')).href);
  });

  it('lets a good one pass', () => {
    assert.deepEqual(gate.faultsOf(LINUX, GOOD), []);
    assert.deepEqual(gate.faultsOf(MACOS, GOOD_FOR_MACOS), []);
  });

  const bad: [string, Partial<Found>, RegExp][] = [
    ['a newer C library', { imports: [{ name: 'fmod', version: 'GLIBC_2.38' }] }, /imports fmod of GLIBC_2\.38/],
    ['a C++ library', { libraries: ['libstdc++.so.6'] }, /needs libstdc\+\+\.so\.6/],
    ['its symbol', { imports: [{ name: '_Znwm', version: 'GLIBCXX_3.4' }] }, /imports _Znwm, which is of GLIBCXX_3\.4/],
    ['a newer Node-API', { imports: [{ name: 'node_api_symbol_for', version: null }] }, /Node-API version 8 has not/],
    ['V8', { imports: [{ name: '_ZN2v87Isolate10GetCurrentEv', version: null }] }, /which is of no library/],
    ['another program', { imports: [{ name: 'execve', version: 'GLIBC_2.2.5' }] }, /which it has no use for/],
    ['an export of OpenBLAS', { exports: [...GOOD.exports, 'cblas_sgemm'] }, /exports cblas_sgemm/],
    ['no registration', { exports: [] }, /does not export napi_register_module_v1/],
    ['symbols', { symbols: 12 }, /not stripped/],
    ['another namespace', { imports: [{ name: 'dlmopen', version: 'GLIBC_2.3.4' }] }, /which it has no use for/],
  ];
  const badForMacos: [string, Partial<Found>, RegExp][] = [
    ['no signature', { signed: false }, /not signed/],
    ['a later system', { oldest: '13.0' }, /for macOS 13\.0, and not 11\.0/],
    ['a path of where it was built', { names: ['/home/a/unrolled.node'] }, /where it was built, \/home\/a/],
    [
      'a function of its own that another may replace',
      { imports: [{ name: '_Znwm', library: null }] },
      /of no library/,
    ],
  ];
  for (const [target, good, cases] of [
    [LINUX, GOOD, bad],
    [MACOS, GOOD_FOR_MACOS, badForMacos],
  ] as const) {
    for (const [what, change, message] of cases) {
      it(`refuses ${what} on ${target.platform}`, () => {
        const faults = gate.faultsOf(target, { ...good, ...change });
        assert.equal(faults.length, 1, faults.join('; '));
        assert.match(faults[0] ?? '', message);
      });
    }
  }
});
