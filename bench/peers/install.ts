/** Brings the JavaScript packages to compare with into bench/node_modules, as bench/package-lock.json says. */

import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

export async function installPeers(): Promise<void> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: dirname(__dirname) };
  // Under `npm run` npm says which file it is itself; that needs no shell, on Windows either.
  const { npm_execpath: npm } = process.env;
  if (npm?.endsWith('.js')) await promisify(execFile)(process.execPath, [npm, ...args], options);
  else await promisify(execFile)('npm', args, options);
}
