/**
 * Mocha's own `spec`, which names pending tests where they stand; this names them once more at the
 * end, where they are seen, and leaves the counts and the failures in the file that `scripts/test.mjs`
 * asks for. Seconds that each file of tests took, with its hooks, are put beside those of earlier runs in the file that
 * `UNROLLED_TEST_TIMES` names.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { reporters } = require('mocha');

function writeTimes(file, times) {
  let known = {};
  try {
    known = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // None yet.
  }
  writeFileSync(file, `${JSON.stringify({ ...known, ...times })}\n`);
}

module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.UNROLLED_TEST_TIMES;
    if (file === undefined) return;
    const times = {};
    let before = performance.now();
    const count = ({ file: source }) => {
      const now = performance.now();
      if (source !== undefined) {
        const name = path.relative(process.cwd(), source).split(path.sep).join('/');
        times[name] = (times[name] ?? 0) + (now - before) / 1000;
      }
      before = now;
    };
    runner.on('test end', count);
    runner.on('suite end', count);
    runner.on('end', () => writeTimes(file, times));
  }

  epilogue() {
    super.epilogue();
    const pending = [];
    this.runner.suite.eachTest((test) => {
      if (test.isPending()) pending.push(test.fullTitle());
    });
    if (pending.length > 0) console.log(`  skipped:\n${pending.map((title) => `    - ${title}`).join('\n')}\n`);

    const file = process.env.UNROLLED_TEST_TOTALS;
    if (file === undefined) return;
    const { passes, failures, pending: skipped } = this.stats;
    const failed = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message ?? 'no message'}`);
    writeFileSync(file, `${JSON.stringify({ passed: passes, failed: failures, skipped, failures: failed })}\n`);
  }
};
