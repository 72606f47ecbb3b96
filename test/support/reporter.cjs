/**
 * Mocha's own `spec`, which names pending tests where they stand; this names them once more at the
 * end, where they are seen, and leaves the counts and the failures in the file that `scripts/test.mjs`
 * asks for.
 */
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class Reporter extends reporters.Spec {
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
