/** A reporter of mocha's that says what failed in lines of JSON, each as soon as it is known. */
const path = require('node:path');

const fileOf = (runnable) => runnable.file ?? (runnable.parent === undefined ? undefined : fileOf(runnable.parent));

module.exports = class Reporter {
  constructor(runner) {
    const say = (what) => console.log(`\n${JSON.stringify({ mutations: what })}`);
    runner.on('fail', (test, error) => {
      const file = fileOf(test);
      const name = file === undefined ? undefined : path.relative(process.cwd(), file).split(path.sep).join('/');
      say({ file: name, title: test.fullTitle(), hung: error?.code === 'ERR_MOCHA_TIMEOUT' });
    });
    runner.on('end', () => say({ passed: runner.stats?.passes ?? 0 }));
  }
};
