/**
 * Mocha's own `spec`, which names pending tests where they stand; this names them once more at the
 * end, where they are seen, and leaves the counts and the failures in the file that `scripts/test.mjs`
 * asks for. Seconds that each file of tests took, with its hooks, are put beside those of earlier runs in the file that
 * `UNROLLED_TEST_TIMES` names. Files may have run at the same time: mocha tells of each at its end.
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
  /** Titles of tests that were skipped. */
  pending = [];

  constructor(runner, options) {
    super(runner, options);
    runner.on('pending', (test) => this.pending.push(test.fullTitle()));
    const file = process.env.UNROLLED_TEST_TIMES;
    if (file === undefined) return;
    const times = {};
    const count = ({ file: source, duration = 0 }) => {
      if (source === undefined) return;
      const name = path.relative(process.cwd(), source).split(path.sep).join('/');
      times[name] = (times[name] ?? 0) + duration / 1000;
    };
    runner.on('test end', count);
    runner.on('hook end', count);
    runner.on('end', () => writeTimes(file, times));
  }

  epilogue() {
    super.epilogue();
    const { pending } = this;
    if (pending.length > 0) console.log(`  skipped:\n${pending.map((title) => `    - ${title}`).join('\n')}\n`);

    const file = process.env.UNROLLED_TEST_TOTALS;
    if (file === undefined) return;
    const { passes, failures, pending: skipped } = this.stats;
    const failed = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message ?? 'no message'}`);
    writeFileSync(file, `${JSON.stringify({ passed: passes, failed: failures, skipped, failures: failed })}\n`);
  }
};
