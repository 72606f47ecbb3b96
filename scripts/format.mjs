/** `npm run format`: formats TypeScript, JavaScript and JSON (and sorts imports) by Biome, C++ by clang-format. */
import { cppFiles } from './cpp-files.mjs';
import { asProgram, Failure, run, tool, which } from './support.mjs';

async function format() {
  const biome = tool('@biomejs', 'biome', 'bin', 'biome');
  await run('Biome', process.execPath, [biome, 'check', '--write', '--linter-enabled=false']);
  const files = cppFiles();
  if (files.length === 0) return;
  if (!which('clang-format')) throw new Failure('clang-format is missing; on Debian: apt-get install clang-format');
  await run('clang-format', 'clang-format', ['-i', '--style=file', ...files]);
}

await asProgram(import.meta.url, format);
