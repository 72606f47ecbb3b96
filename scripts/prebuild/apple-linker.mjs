#!/usr/bin/env node
/**
 * Links a library for macOS with LLVM's linker, from what Zig would link it from.
 *
 *   apple-linker.mjs PROCESSOR zig c++ …
 *
 * Zig is called as it is, since it makes its C++ library on the way and says where that lies; then the same is linked anew.
 * Apple's list of what its system offers comes with Zig as well.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asProgram, Failure, quietly, which } from '../support.mjs';
import { zigEnvironment } from './zig.mjs';

/** LLVM's linker for macOS; the earliest that was tried is 19. */
function lld() {
  const program = which('ld64.lld-19') ?? which('ld64.lld');
  if (program === undefined)
    throw new Failure('ld64.lld is missing, which links for macOS; on Debian: apt-get install lld-19');
  return program;
}

function link([processor, zig, ...words]) {
  const env = { ...process.env, ...zigEnvironment, ZIG_VERBOSE_LINK: '1' };
  const byZig = quietly(zig, words, { env, cwd: process.cwd() });
  if (!byZig.ok) throw new Failure(byZig.output);
  const output = words[words.indexOf('-o') + 1];
  const args = [
    ...['-arch', processor, '-dynamic', '-dylib', '-adhoc_codesign', ...platformOf(byZig.output)],
    ...linkerWords(words.slice(words.indexOf('-dynamiclib') + 1)),
    ...['libc++abi', 'libc++', 'libcompiler_rt'].map((name) => libraryOfZig(name, byZig.output)),
    systemLibrary(zig, `${output}.tbd`),
  ];
  const { ok, output: said } = quietly(lld(), args, { cwd: process.cwd() });
  if (!ok) throw new Failure(said);
}

/** The oldest system it is for, and that whose list of functions is linked against, as Zig says them. */
function platformOf(said) {
  const found = / (-platform_version) (\S+) (\S+) (\S+) /.exec(said);
  if (found === null) throw new Failure(`Zig did not say how it links:\n${said}`);
  return found.slice(1);
}

/** A library that Zig has made, which it names by its place in the cache. */
function libraryOfZig(name, said) {
  const folder = said.split(/\s+/).find((word) => word.endsWith(`/${name}.a`));
  const place = /o\/[0-9a-f]+\/[^/]+$/.exec(folder ?? '')?.[0];
  if (place === undefined) throw new Failure(`Zig did not say where its ${name} is:\n${said}`);
  return path.join(zigEnvironment.ZIG_GLOBAL_CACHE_DIR, place);
}

/** A compiler's words as a linker's: what only compiling takes is left out. */
function linkerWords(words) {
  return words
    .filter((word) => !/^-([DOfm]|std)/.test(word))
    .flatMap((word) => (word.startsWith('-Wl,') ? word.slice(4).split(',') : [word]));
}

/** The system's functions. LLVM's linker knows no names of the newest processors; what they have, the others have too. */
function systemLibrary(zig, file) {
  const list = path.join(path.dirname(zig), 'lib', 'libc', 'darwin', 'libSystem.tbd');
  writeFileSync(file, readFileSync(list, 'utf8').replaceAll(/\barm64e(\.x1)?-/g, 'arm64-'));
  return file;
}

await asProgram(import.meta.url, link);
