/** What the package says where its native module does not load: each reason, with real files. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { NATIVE_LOAD_REASONS } from '../../src/base/errors';
import { version } from '../../src/base/package';
import { processLibc } from '../../src/native/libc';
import { refusedBinary } from '../../src/native/load-failure';
import { useFolder } from '../support/folder';
import { BUILT, compile, installPackage, type LoadResult, load, put, ROOT } from '../support/installed-package';

const SYSTEM = `${process.platform}-${process.arch}`;
const PREBUILT = `prebuilds/${SYSTEM}/unrolled.node`;
const libc = processLibc()?.name ?? '';
const otherLibc = libc === 'glibc' ? 'musl' : 'glibc';

function requireReason(result: LoadResult, reason: string, ...words: (string | RegExp)[]): void {
  const { code, message = '' } = result;
  assert.deepEqual([code, result.reason], ['ERR_UNROLLED_NATIVE_LOAD', reason], message);
  assert.match(message, /^The native module could not be loaded: .*\.$/s);
  for (const word of words) {
    if (typeof word === 'string') assert.ok(message.includes(word), `${JSON.stringify(word)} is not in: ${message}`);
    else assert.match(message, word);
  }
}

function onLinux(context: Mocha.Context): void {
  if (process.platform !== 'linux') context.skip();
}

describe('a package whose native module does not load', function () {
  this.timeout(60_000);
  const at = useFolder();

  it('loads where it does', () => {
    const home = installPackage(at());
    put(home, PREBUILT, { link: BUILT });
    assert.deepEqual(load(home), { version });
  });

  describe('without a file', () => {
    it('came incomplete', () => {
      const home = installPackage(at());
      requireReason(
        load(home),
        'incomplete',
        'npm install unrolled',
        'npx unrolled build',
        'outputFileTracingIncludes',
      );
      mkdirSync(path.join(home, 'prebuilds', SYSTEM), { recursive: true });
      requireReason(load(home), 'incomplete', 'npm install unrolled');
    });

    it('has a build that did not end', () => {
      const home = installPackage(at());
      put(home, 'build/CMakeCache.txt', '');
      requireReason(load(home), 'incomplete', 'did not come to its end', 'npx unrolled build');
    });

    it('is a clone that was not built', () => {
      const home = installPackage(at());
      put(home, 'src/index.ts', '');
      requireReason(load(home), 'incomplete', 'run `npm run build`');
    });

    it('has none for this system', () => {
      const home = installPackage(at());
      put(home, 'prebuilds/README.md', '');
      put(home, 'prebuilds/aix-ppc64/unrolled.node', '');
      put(home, 'prebuilds/sunos-x64/unrolled.node', '');
      requireReason(
        load(home),
        'no-binary',
        `no binary for ${SYSTEM} in `,
        'for aix-ppc64, sunos-x64.',
        'npx unrolled',
      );
    });

    it('has one for another C library', function () {
      onLinux(this);
      const home = installPackage(at());
      put(home, `prebuilds/${SYSTEM}/unrolled.${otherLibc}.node`, '');
      requireReason(load(home), 'wrong-libc', `Linux with ${otherLibc}`, `runs on ${libc}`, 'npx unrolled build');
    });

    it('was put into a bundle, or not', async () => {
      const home = installPackage(at(), 'all');
      put(home, PREBUILT, { link: BUILT });
      writeFileSync(at('package.json'), '{ "name": "app", "version": "3.0.0" }');
      writeFileSync(at('app.js'), "exports.info = require('unrolled').info;");
      const common: BuildOptions = { bundle: true, platform: 'node', logLevel: 'silent', entryPoints: [at('app.js')] };
      await build({ ...common, outfile: at('dist', 'bundled.cjs') });
      requireReason(load(at('dist', 'bundled.cjs')), 'bundled', `${at()} is not`, 'external', 'serverExternalPackages');

      await build({ ...common, outfile: at('dist', 'external.cjs'), external: ['unrolled'] });
      assert.deepEqual(load(at('dist', 'external.cjs')), { version });
    });

    it('lies in an ASAR archive that has none', () => {
      const home = installPackage(at('app.asar'));
      requireReason(load(home), 'asar', 'asarUnpack', 'app.asar.unpacked');
    });
  });

  describe('with a file', () => {
    it('lies in an ASAR archive that has but its name', () => {
      const home = installPackage(at('app.asar'));
      put(home, PREBUILT, { link: at('app.asar.unpacked', 'unrolled.node') });
      requireReason(load(home), 'asar', 'asarUnpack', 'app.asar.unpacked');
    });

    for (const [name, content] of [
      ['empty', ''],
      ['a text', '<html>no such page</html>'.repeat(20)],
    ] as const) {
      it(`that is ${name}`, () => {
        const file = put(installPackage(at()), PREBUILT, content);
        requireReason(load(at('node_modules', 'unrolled')), 'damaged', `${file} is no native module.`, 'Delete it');
      });
    }

    it('that was cut short, before it ends the process', function () {
      onLinux(this);
      const home = installPackage(at());
      const whole = readFileSync(BUILT);
      for (const size of [50, 1000, 100_000, whole.length - 1]) {
        put(home, PREBUILT, whole.subarray(0, size));
        requireReason(
          load(home),
          'damaged',
          size < 64 ? 'is no native module' : 'is cut short',
          'npm install unrolled',
        );
      }
    });

    it('whose table of segments would be behind its end', function () {
      onLinux(this);
      const home = installPackage(at());
      const content = readFileSync(compile(at()));
      content.writeBigUInt64LE(BigInt(content.length - 8), 32);
      put(home, PREBUILT, content);
      requireReason(load(home), 'damaged', 'is cut short', 'npm install unrolled');
    });

    it('that is another library', function () {
      onLinux(this);
      const home = installPackage(at());
      copyFileSync(
        compile(at(), { exported: 'something', from: { soname: 'libc.so.6', version: 'GLIBC_2.2.5' } }),
        put(home, PREBUILT, ''),
      );
      requireReason(load(home), 'damaged', 'is not the whole native module of unrolled', 'did not self-register');
    });

    it('for another processor', function () {
      onLinux(this);
      const home = installPackage(at());
      const content = readFileSync(compile(at()));
      const [name, machine] = process.arch === 'arm64' ? ['x64', 62] : ['arm64', 183];
      content.writeUInt16LE(machine, 18);
      put(home, PREBUILT, content);
      requireReason(
        load(home),
        'wrong-platform',
        `for Linux on ${name}`,
        `is ${SYSTEM}`,
        'install the package on this one',
      );
      put(home, 'build/Release/unrolled.node', content);
      requireReason(load(home), 'wrong-platform', 'delete the folder build.');
      rmSync(path.join(home, 'prebuilds'), { recursive: true });
      requireReason(load(home), 'wrong-platform', 'delete the folder build, and build one here');
    });

    it('for another system', () => {
      const home = installPackage(at());
      const mach = (processor: number) => {
        const content = Buffer.alloc(4096);
        content.writeUInt32LE(0xfeedfacf, 0);
        content.writeUInt32LE(processor, 4);
        return content;
      };
      const pe = Buffer.alloc(4096);
      pe.write('MZ', 0);
      pe.writeUInt32LE(128, 60);
      pe.write('PE\0\0', 128);
      pe.writeUInt16LE(34404, 132);
      for (const [system, content, words] of [
        ['darwin', mach(0x1000007), 'for macOS on x64'],
        ['darwin', mach(0x100000c), 'for macOS on arm64'],
        ['win32', pe, 'for Windows on x64'],
      ] as const) {
        if (process.platform === system) continue;
        put(home, PREBUILT, content);
        requireReason(load(home), 'wrong-platform', words);
      }
    });

    it('that was linked with another C library', function () {
      onLinux(this);
      const home = installPackage(at());
      const soname = libc === 'glibc' ? 'libc.musl-x86_64.so.1' : 'ld-linux-x86-64.so.2';
      const file = compile(at(), { from: { soname, ...(libc === 'glibc' ? {} : { version: 'GLIBC_2.17' }) } });
      copyFileSync(file, put(home, 'build/Release/unrolled.node', ''));
      requireReason(load(home), 'wrong-libc', `with ${otherLibc}`, 'delete the folder build', 'The system says: ');
    });

    it('that LIBC names in place of the right one, which is loaded where it is there', function () {
      onLinux(this);
      const home = installPackage(at());
      const file = compile(at(), { from: { soname: 'libc.musl-x86_64.so.1' } });
      if (libc !== 'glibc') this.skip();
      copyFileSync(file, put(home, `prebuilds/${SYSTEM}/unrolled.musl.node`, ''));
      const env = { LIBC: 'musl' };
      requireReason(load(home, { env }), 'wrong-libc', 'with musl', 'install the package on this one');
      put(home, `prebuilds/${SYSTEM}/unrolled.glibc.node`, { link: BUILT });
      assert.deepEqual(load(home, { env }), { version });
      const path = `require(${JSON.stringify(home)} + '/lib/native/load.js').addonPath()`;
      const before = `info(); if (!/unrolled\\.glibc\\.node$/.test(${path})) throw new Error(${path});`;
      assert.deepEqual(load(home, { env, before }), { version });
    });

    it('that asks for a later glibc', function () {
      onLinux(this);
      if (libc !== 'glibc') this.skip();
      const home = installPackage(at());
      const file = compile(at(), { from: { soname: 'libc.so.6', version: 'GLIBC_2.99' } });
      copyFileSync(file, put(home, PREBUILT, ''));
      requireReason(load(home), 'old-glibc', 'needs glibc 2.99', /this system has 2\.\d+\./, 'npx unrolled build');
    });

    it('that needs a library', function () {
      onLinux(this);
      if (libc !== 'glibc') this.skip();
      const home = installPackage(at());
      // Its own needs are glibc's, as those of any other library are.
      const file = compile(at(), { from: { soname: 'libabsent.so.1', version: 'GLIBC_2.2' } });
      copyFileSync(file, put(home, PREBUILT, ''));
      requireReason(load(home), 'missing-library', 'needs the library libabsent.so.1');
    });

    it('for a later processor', function () {
      onLinux(this);
      if (process.arch !== 'x64' || libc !== 'glibc') this.skip();
      if (/\bavx512f\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) this.skip();
      const home = installPackage(at());
      const from = { soname: 'libc.so.6', version: 'GLIBC_2.2.5' };
      copyFileSync(compile(at(), { from, flags: ['-Wl,-z,x86-64-v4'] }), put(home, PREBUILT, ''));
      requireReason(load(home), 'instruction-set', 'for a later processor', 'ISA level');
    });

    it('that this process may not read', function () {
      if (process.platform === 'win32') this.skip();
      const home = installPackage(at());
      const file = put(home, PREBUILT, '');
      const before = `
        require('node:fs').chmodSync(${JSON.stringify(file)}, 0);
        if (process.getuid() === 0) {
          // Nobody else may look into the folder of these tests.
          require('node:fs').chmodSync(${JSON.stringify(at())}, 0o755);
          process.setuid(65534);
        }`;
      requireReason(load(home, { before }), 'not-permitted', `may not read ${file}`);
    });

    it('where Node.js was told to load none', () => {
      const home = installPackage(at());
      put(home, PREBUILT, { link: BUILT });
      requireReason(
        load(home, { env: { NODE_OPTIONS: '--no-addons' } }),
        'not-permitted',
        '--no-addons',
        '--allow-addons',
      );
    });

    it('of another release', () => {
      const home = installPackage(at(), 'loader', { version: '99.0.0' });
      put(home, PREBUILT, { link: BUILT });
      requireReason(
        load(home),
        'version',
        `of version ${version}, and the JavaScript of 99.0.0`,
        'npm install unrolled',
      );
      rmSync(path.join(home, 'prebuilds'), { recursive: true });
      put(home, 'build/Release/unrolled.node', { link: BUILT });
      requireReason(load(home), 'version', 'Build it anew: build one here with `npx unrolled build`');
    });
  });

  it('gives the reason for what loaders say that cannot be had here', function () {
    onLinux(this);
    for (const [said, reason] of [
      // glibc on a file system that is mounted noexec.
      ['/app/unrolled.node: failed to map segment from shared object', 'not-permitted'],
      // musl.
      [
        'Error loading shared library libabsent.so.1: No such file or directory (needed by /app/unrolled.node)',
        'missing-library',
      ],
      ['/app/unrolled.node: cannot allocate memory in static TLS block', 'other'],
    ] as const) {
      const error = refusedBinary(BUILT, new Error(said));
      requireReason({ ...error, message: error.message }, reason, said);
    }
  });

  it('says how much memory it takes where the system has no more, in the words of each loader', () => {
    const file = put(at(), 'unrolled.node', Buffer.alloc(3 * 2 ** 20 + 1));
    for (const said of [
      `${file}: cannot map file data: Cannot allocate memory`,
      'dlopen(unrolled.node): Out of memory',
      'Not enough memory resources are available to process this command.',
      'The paging file is too small for this operation to complete.',
    ]) {
      const error = refusedBinary(file, new Error(said));
      assert.equal(error.code, 'ERR_UNROLLED_OUT_OF_MEMORY', said);
      assert.match(
        error.message,
        /: it takes 4 MiB of address space, and the system gives this process no more\. Raise/,
      );
    }
  });

  it('is told the same by the doctor, with the exit status of a failure', () => {
    const home = installPackage(at(), 'all');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(home, 'lib', 'cli', 'main.js'), 'doctor', ...args], { encoding: 'utf8' });
    const { message = '' } = load(home);
    const { status, stdout } = run();
    assert.equal(status, 1);
    assert.ok(stdout.includes(`problem: ${message} (ERR_UNROLLED_NATIVE_LOAD)`), stdout);
    assert.match(stdout, /^reason +incomplete$/m);
    if (process.platform === 'linux') assert.match(stdout, new RegExp(`^libc +${libc}`, 'm'));
    const json = JSON.parse(run('--json').stdout) as { reason: string; problems: string[] };
    assert.equal(json.reason, 'incomplete');
    assert.equal(json.problems.length, 1);
  });
});

describe('docs/errors.md', () => {
  it('has a row for each reason, in their order, and for no other', () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'errors.md'), 'utf8');
    const section = page.split(/^## /m).find((text) => text.startsWith('`ERR_UNROLLED_NATIVE_LOAD`')) ?? '';
    const rows = [...section.matchAll(/^\| `((?!reason)[a-z-]+)` \| \S.* \| \S.* \|$/gm)].map(([, reason]) => reason);
    assert.deepEqual(rows, [...NATIVE_LOAD_REASONS]);
  });
});
