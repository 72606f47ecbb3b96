/**
 * `npm run prebuilds`: builds, and puts the addon where the package looks for it: `prebuilds/<platform>-<arch>`.
 *
 * One file serves every Node.js and Electron of a system, as the addon uses Node-API alone. On Linux its
 * name says which C library it was linked with; `node-gyp-build` reads that.
 */
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildNative } from './build.mjs';
import { setup } from './setup.mjs';
import { asProgram, root, run, say } from './support.mjs';

async function prebuilds() {
  await setup();
  await buildNative();
  const { platform, arch } = process;
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  const name = platform === 'linux' ? `unrolled.${libc}.node` : 'unrolled.node';
  const folder = path.join(root, 'prebuilds', `${platform}-${arch}`);
  const file = path.join(folder, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(root, 'build', 'Release', 'unrolled.node'), file);
  if (platform === 'linux') await run('strip', 'strip', ['--strip-unneeded', file]);
  if (platform === 'darwin') await run('strip', 'strip', ['-x', file]);
  say(`prebuilds/${platform}-${arch}/${name}, ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB.`);
}

await asProgram(import.meta.url, prebuilds);
