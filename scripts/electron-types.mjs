/**
 * `npm run check:electron`: type-checks the example for Electron, and what starts the tests in it, against Electron's own
 * types. They come with its npm package; the program itself, which that package's install script would download, does not.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { asProgram, root, run, status, tool } from './support.mjs';

const folder = path.join(root, 'examples', 'electron');

async function check() {
  if (!existsSync(path.join(folder, 'node_modules', 'electron'))) {
    await run('npm install', 'npm', ['install', '--ignore-scripts', '--loglevel=error'], {
      cwd: folder,
      filter: () => false,
    });
  }
  return status(process.execPath, [tool('typescript', 'bin', 'tsc'), '--project', folder]);
}

await asProgram(import.meta.url, check);
