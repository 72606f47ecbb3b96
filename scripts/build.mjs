/**
 * `npm run build [native|ts]`: the addon in `build/Release/unrolled.node`, and `lib` from `src`.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { makeImportsLazy } from './lazy-imports.mjs';
import { writeModuleFace } from './module-face.mjs';
import { asProgram, Failure, root, run, tool, which } from './support.mjs';
import { bundleText } from './text-bundle.mjs';

/**
 * Settings of CMake that have a dozen sources read as one, where all are read once: the headers take a compiler as long as
 * what is in the sources.
 */
export const UNITY_BUILD = { CMAKE_UNITY_BUILD: 'ON', CMAKE_UNITY_BUILD_BATCH_SIZE: '12' };

/** Has CMake write, into a folder, how a project of the clone is built; not where that was done here before. */
export async function configure(source, folder, settings) {
  if (isConfiguredHere(folder)) return;
  forgetConfiguration(folder);
  const args = ['-S', source, '-B', folder, '--no-warn-unused-cli', '--log-level=WARNING'];
  const defined = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  const generator = which('ninja') ? ['-G', 'Ninja'] : [];
  await run('CMake', 'cmake', [...args, ...defined, ...generator], { filter: isBuildNews });
}

/** CMake refuses a cache of another folder. */
function forgetConfiguration(folder) {
  rmSync(path.join(folder, 'CMakeCache.txt'), { force: true });
  rmSync(path.join(folder, 'CMakeFiles'), { force: true, recursive: true });
}

export async function build() {
  await buildNative();
  await buildTypeScript();
}

export async function buildNative() {
  const folder = path.join(root, 'build');
  const jobs = String(availableParallelism());
  if (isConfiguredHere(folder)) {
    // CMake itself looks whether CMakeLists.txt has changed.
    await run('The build of the addon', 'cmake', ['--build', folder, '--parallel', jobs], { filter: isBuildNews });
  } else {
    forgetConfiguration(folder);
    await run(
      'The build of the addon',
      process.execPath,
      [
        tool('cmake-js', 'bin', 'cmake-js'),
        // `build`, not `compile`: that would answer a compile error by deleting all and trying again.
        'build',
        '--log-level=error',
        `--parallel=${jobs}`,
        '--CDCMAKE_EXPORT_COMPILE_COMMANDS=ON',
      ],
      { filter: isBuildNews },
    );
  }
}

/** Whether `folder` holds a CMake cache that was made for this place and this processor. */
export function isConfiguredHere(folder) {
  const file = path.join(folder, 'CMakeCache.txt');
  if (!existsSync(file)) return false;
  const cache = readFileSync(file, 'utf8');
  const value = (name) => new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm').exec(cache)?.[1];
  const arch = value('NODE_ARCH');
  return (
    path.resolve(value('CMAKE_CACHEFILE_DIR') ?? '') === path.resolve(folder) &&
    (arch === undefined || arch === process.arch)
  );
}

/** Hides what CMake, make and ninja say when all is well and nothing is done. */
export function isBuildNews(line) {
  return (
    line.trim() !== '' &&
    !/^-- |Built target|Consolidate compiler|no work to do|Re-checking globbed|^Scanning dep|^make|^Not searching for unused/.test(
      line,
    )
  );
}

export async function buildTypeScript() {
  const lib = path.join(root, 'lib');
  await run('The TypeScript compiler', process.execPath, [tool('typescript', 'bin', 'tsc'), '--project', root]);
  await buildReportPage(path.join(lib, 'report', 'page'));
  await bundlePbf(path.join(lib, 'onnx', 'protobuf.js'));
  removeOrphans(lib);
  makeImportsLazy(lib, path.join(root, 'src'));
  writeModuleFace(lib);
  writeModuleFace(path.join(lib, 'text', 'browser'));
  await bundleText(lib);
  chmodSync(path.join(lib, 'cli', 'main.js'), 0o755);
}

/**
 * The script and the style sheet of the report's page, each one file with uPlot in it; uPlot's licence goes along.
 * The type-check has a configuration of its own, for a browser.
 */
async function buildReportPage(outdir) {
  const page = path.join(root, 'src', 'report', 'page');
  await run('The TypeScript compiler', process.execPath, [tool('typescript', 'bin', 'tsc'), '--project', page]);
  // Imported here, since this file is loaded before `npm ci` has run.
  const { build: bundle } = await import('esbuild');
  const licence = readFileSync(path.join(root, 'node_modules', 'uplot', 'LICENSE'), 'utf8').trim();
  await bundle({
    entryPoints: { page: path.join(page, 'main.ts') },
    banner: { js: `/*!\nThe charts are drawn by uPlot, which comes under this licence:\n\n${licence}\n*/` },
    tsconfigRaw: {},
    outdir,
    ...{ bundle: true, minify: true, format: 'iife', target: 'es2022', charset: 'ascii', logLevel: 'warning' },
  });
  await bundle({
    entryPoints: { page: path.join(page, 'page.css') },
    outdir,
    ...{ bundle: true, minify: true, target: 'chrome123', logLevel: 'warning' },
  });
}

/** Puts pbf into the module that hands it on, as a package that only exports need would be installed for everybody. */
async function bundlePbf(outfile) {
  const { build: bundle } = await import('esbuild');
  const licence = readFileSync(path.join(root, 'node_modules', 'pbf', 'LICENSE'), 'utf8').trim();
  await bundle({
    entryPoints: [path.join(root, 'src', 'onnx', 'protobuf.ts')],
    banner: { js: `/*!\nProtocol buffers are written by pbf, which comes under this licence:\n\n${licence}\n*/` },
    tsconfigRaw: {},
    outfile,
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'es2022', logLevel: 'warning' },
  });
  // Its types are pbf's, which is not installed.
  rmSync(outfile.replace(/\.js$/, '.d.ts'));
}

/** Removes from `lib` what a source made that is there no longer; it would be shipped. */
function removeOrphans(lib) {
  for (const name of readdirSync(lib, { recursive: true })) {
    const source = /^(.+?)(\.d\.ts|\.js)$/.exec(name)?.[1];
    if (name === path.join('report', 'page', 'page.js')) continue;
    if (source !== undefined && !existsSync(path.join(root, 'src', `${source}.ts`))) rmSync(path.join(lib, name));
  }
}

async function main([part]) {
  if (part === 'native') await buildNative();
  else if (part === 'ts') await buildTypeScript();
  else if (part === undefined) await build();
  else throw new Failure(`unknown part ${JSON.stringify(part)}; give native, ts, or nothing for both.`);
}

await asProgram(import.meta.url, main);
