/**
 * `npm run lint [js|cpp|analyzer]`: changes nothing, and fails on the first finding of any tool.
 *
 * Clang's static analyzer takes as long as all the rest of clang-tidy: it runs where it is named, and in `npm run test:long`.
 * Biome for TypeScript and JavaScript, the floors of both houses (floors.mjs), and plain words in messages and comments
 * (english.mjs); clang-format and clang-tidy for C++. clang-tidy reads a dozen sources as one
 * (CMAKE_UNITY_BUILD), since the headers take it longer than what they are for.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { configure, UNITY_BUILD } from './build.mjs';
import { cppFiles } from './cpp-files.mjs';
import { englishFaults } from './english.mjs';
import { floorFaults } from './floors.mjs';
import { asProgram, Failure, root, say, status, tool, which } from './support.mjs';

const ANALYZER = 'clang-analyzer-*,-clang-analyzer-optin.performance.Padding';

async function lint([part]) {
  if (part !== undefined && part !== 'js' && part !== 'cpp' && part !== 'analyzer') {
    throw new Failure(`unknown part ${JSON.stringify(part)}; give js, cpp, analyzer, or nothing for js and cpp.`);
  }
  const asked = (name) => part === name || (part === undefined && name !== 'analyzer');
  const failed = [];
  if (asked('js') && !(await biome())) failed.push('Biome');
  if (asked('js') && !isClean(floorFaults(root))) failed.push('the floors');
  if (asked('js') && !isClean(englishFaults(root))) failed.push('plain English');
  if (asked('cpp') && !(await clangFormat())) failed.push('clang-format');
  if (asked('cpp') && !(await clangTidy('-clang-analyzer-*'))) failed.push('clang-tidy');
  if (asked('analyzer') && !(await clangTidy(`-*,${ANALYZER}`))) failed.push('the static analyzer');
  if (failed.length > 0) throw new Failure(`${failed.join(', ')} found faults; "npm run format" mends the format.`);
  return 0;
}

async function biome() {
  const program = tool('@biomejs', 'biome', 'bin', 'biome');
  const colours = process.stdout.isTTY ? [] : ['--colors=off'];
  return (await status(process.execPath, [program, 'ci', '--error-on-warnings', ...colours])) === 0;
}

/** Whether there are no faults; prints those that there are. */
function isClean(faults) {
  for (const fault of faults) console.error(fault);
  return faults.length === 0;
}

async function clangFormat() {
  const files = cppFiles();
  if (files.length === 0) return true;
  mustHave('clang-format');
  return (await status('clang-format', ['--dry-run', '--Werror', '--style=file', ...files])) === 0;
}

/** Some checks of every source of the addon, as many at a time as there are processors. */
async function clangTidy(checks) {
  mustHave('clang-tidy');
  const folder = path.join('build', 'tidy');
  await configure('.', path.join(root, folder), { CMAKE_EXPORT_COMPILE_COMMANDS: 'ON', ...UNITY_BUILD });
  const files = JSON.parse(readFileSync(path.join(root, folder, 'compile_commands.json'), 'utf8'));
  const started = performance.now();
  const queue = files.map(({ file }) => file);
  let clean = true;
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { code, output } = await tidy(next, folder, checks);
      if (code === 0) continue;
      clean = false;
      console.error(output.trim());
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  say(
    `clang-tidy: ${cppFiles().filter((file) => file.startsWith('binding')).length} files in ${Math.round((performance.now() - started) / 1000)} s.`,
  );
  return clean;
}

function tidy(file, folder, checks) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'clang-tidy',
      ['--quiet', `--checks=${checks},-bugprone-suspicious-include`, '-p', folder, file],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}

function mustHave(program) {
  if (!which(program)) throw new Failure(`${program} is missing; on Debian: apt-get install ${program}`);
}

await asProgram(import.meta.url, lint);
