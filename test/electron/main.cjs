/**
 * The tests of the addon in Electron: `electron test/electron/main.cjs main` runs them in the main process, with `utility`
 * in a utility process. The exit status is 0 where all passed. Needs no window, but a display (xvfb-run) on Linux.
 */

const path = require('node:path');
const { app, utilityProcess } = require('electron');
const { runSuite } = require('./suite.cjs');

function inUtilityProcess() {
  return new Promise((resolve) => {
    const child = utilityProcess.fork(path.join(__dirname, 'suite.cjs'), [], { stdio: 'inherit' });
    child.once('exit', resolve);
  });
}

async function run() {
  const place = process.argv.at(-1);
  if (place !== 'main' && place !== 'utility') throw new Error('Give main or utility.');
  await app.whenReady();
  console.log(`Electron ${process.versions.electron}, Node.js ${process.versions.node}, ${place} process`);
  const failures = await (place === 'main' ? runSuite() : inUtilityProcess());
  app.exit(failures === 0 ? 0 : 1);
}

run().catch((error) => {
  console.error(error);
  app.exit(1);
});
