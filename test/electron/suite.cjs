/**
 * Runs the tests of the addon with mocha in the process it is required from: Electron's main process or a utility process.
 * In Node.js it runs alone: `node test/electron/suite.cjs`.
 */

const path = require('node:path');

const TESTS = path.resolve(__dirname, '..');

/** Tests that reach the addon in every way, and start no process of their own but worker threads. */
const FILES = [
  'fit',
  'gradients',
  'language-model',
  'lengths',
  'model',
  'model-file',
  'model-training',
  'native-training',
  'sequence-classifier',
  'session',
  'shapes',
  'text-classifier',
  'worker',
];

/** Runs them; the number of failures. */
function runSuite() {
  // @ts-expect-error It declares no types.
  require('tsx/cjs');
  const { default: Mocha } = require('mocha');
  const mocha = new Mocha({ reporter: 'spec', timeout: 60_000, forbidOnly: true });
  for (const name of FILES) mocha.addFile(path.join(TESTS, `${name}.test.ts`));
  return new Promise((resolve) => {
    const runner = mocha.run((failures) => resolve(runner.stats?.passes ? failures : 1));
  });
}

module.exports = { runSuite };

/** Ends a process of its own with 1 for any failure; in a utility process the parent waits for that. */
if (require.main === module || process.parentPort) {
  runSuite().then(
    (failures) => process.exit(failures === 0 ? 0 : 1),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}
