/**
 * `npm run prebuilds`: builds the addon for other platforms and puts each where the package looks for it.
 *
 * Not `prebuild`, which npm would run by itself before every `npm run build`.
 *
 *   npm run prebuilds                            all targets
 *   npm run prebuilds -- linux-x64-glibc …       some of them; `host` is the one that runs here
 *
 * One file serves every Node.js and Electron of a system, as the addon uses Node-API alone. What is built on the way
 * (Zig, OpenBLAS, object files) stays in build/prebuild, so that the next time only what has changed is built.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkPrebuild } from './check-prebuilds.mjs';
import { hostTarget, prebuiltFile, targets } from './prebuild/targets.mjs';
import { prebuildFolder } from './prebuild/zig.mjs';
import { npmCi, npmPackagesMissing } from './setup.mjs';
import { asProgram, Failure, root, say } from './support.mjs';

async function prebuild(names) {
  if (npmPackagesMissing(root)) await npmCi(root);
  for (const target of names.length === 0 ? targets : names.map(targetOf)) await prebuildOne(target);
}

function targetOf(name) {
  const target = name === 'host' ? hostTarget() : targets.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  const known = targets.map((candidate) => candidate.name).join(', ');
  throw new Failure(`no target ${JSON.stringify(name)}; there are ${known}, and host for the one that runs here.`);
}

async function prebuildOne(target) {
  const started = Date.now();
  // Imported here, since this file is loaded before `npm ci` has run.
  const { default: prebuildify } = await import('prebuildify');
  const { name, platform, arch, libc } = target;
  const cwd = path.join(prebuildFolder, name);
  const file = prebuiltFile(target);
  mkdirSync(cwd, { recursive: true });
  rmSync(path.join(root, file), { force: true });
  process.env.UNROLLED_PREBUILD = name;
  process.env.PREBUILD_NODE_GYP = path.join(root, 'scripts', 'prebuild', 'node-gyp.mjs');
  try {
    await promisify(prebuildify)({
      ...{ cwd, out: root, name: 'unrolled', napi: true, platform, arch },
      ...(libc === undefined ? {} : { libc, tagLibc: true }),
    });
  } catch (error) {
    throw new Failure(`${name} was not built: ${error.message}`);
  }
  await checkPrebuild(target);
  const size = (statSync(path.join(root, file)).size / 2 ** 20).toFixed(1);
  say(`${file}, ${size} MiB, in ${Math.round((Date.now() - started) / 1000)} s.`);
}

await asProgram(import.meta.url, prebuild);
