/** `unrolled build` in an installed package that has no binary: from what npm installs for a user, and nothing of the clone. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { quietly, say } from '../support.mjs';
import { bareEnvironment, install } from './package.mjs';

/** Returns whether it went well. */
export async function buildFromSource(tarball) {
  const folder = await install(tarball);
  try {
    const unrolled = path.join(folder, 'node_modules', 'unrolled');
    rmSync(path.join(unrolled, 'prebuilds'), { recursive: true });
    const program = path.join(unrolled, 'lib', 'cli', 'main.js');
    const node = (env, ...args) => quietly(process.execPath, args, { cwd: folder, env });

    // Without a compiler it says what it needs.
    const refused = node(bareEnvironment(folder), program, 'build');
    if (refused.ok || !/cmake is missing.*C\+\+20 compiler/s.test(refused.output)) {
      say(`unrolled build without CMake should say what it needs:\n${refused.output}`);
      return false;
    }
    const { PATH, HOME } = process.env;
    const built = node({ PATH, HOME }, program, 'build');
    const used = built.ok ? node(bareEnvironment(folder), 'consumer.cjs') : built;
    if (used.ok) console.log(`built from source: ${used.output.trim()}`);
    else say(`unrolled build failed:\n${used.output.slice(-4000)}`);
    return used.ok;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
