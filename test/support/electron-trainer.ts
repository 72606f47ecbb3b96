/** The trainer of the example for Electron, in a process of Node.js whose messages take the place of Electron's port. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './installed-package';

export const EXAMPLE = path.join(ROOT, 'examples', 'electron');

/** Electron's port hands messages on as events with `data`. */
const PORT = `
  process.parentPort = {
    on: (name, listener) => process.on(name, (data) => listener({ data })),
    postMessage: (message) => process.send(message),
  };
  require('./trainer.js');`;

/** Starts it in an empty folder, with the package in `node_modules`. */
export function startTrainer(folder: string): ChildProcess {
  const at = (...names: string[]) => path.join(folder, ...names);
  mkdirSync(at('node_modules'));
  symlinkSync(ROOT, at('node_modules', 'unrolled'), 'dir');
  copyFileSync(path.join(EXAMPLE, 'trainer.js'), at('trainer.js'));
  writeFileSync(at('utility-process.js'), PORT);
  return fork(at('utility-process.js'));
}

/** Ends it, whatever it does. */
export async function endTrainer(trainer: ChildProcess): Promise<void> {
  if (trainer.exitCode !== null || trainer.signalCode !== null) return;
  const exit = once(trainer, 'exit');
  trainer.kill('SIGKILL');
  await exit;
}
