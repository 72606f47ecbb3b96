/** `npm start`: sets up, builds, and trains a small model on Shakespeare's sonnets. */
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { asProgram, status } from './support.mjs';

async function start(args) {
  await setup();
  await build();
  return status(process.execPath, ['--import', 'tsx', 'examples/sonnets.ts', ...args]);
}

await asProgram(import.meta.url, start);
