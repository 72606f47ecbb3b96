/** What the guard of the instruction counts lets pass. */

import assert from 'node:assert/strict';
import { type Counts, judge, type Toolchain } from '../../bench/instructions/judge';

const toolchain: Toolchain = { compiler: 'GCC', compilerMajor: 12, compilerVersion: '12.2.0', openblas: '0.3.21' };

function counts(instructions: Record<string, number>, changes: Partial<Toolchain> = {}): Counts {
  return { toolchain: { ...toolchain, ...changes }, instructions };
}

describe('the guard of the instruction counts', () => {
  const recorded = counts({ W1: 1000, W3: 2000 });

  it('passes counts within 3 %, to either side', () => {
    assert.equal(judge(recorded, counts({ W1: 1029, W3: 1941 })).outcome, 'passed');
  });

  it('fails for more, and names what took more', () => {
    const { outcome, lines } = judge(recorded, counts({ W1: 1000, W3: 2061 }));
    assert.equal(outcome, 'failed');
    assert.ok(lines.includes('W3: more than 3 % more instructions.'), lines.join('\n'));
  });

  it('fails for fewer, and asks for a new record', () => {
    const { outcome, lines } = judge(recorded, counts({ W1: 969, W3: 2000 }));
    assert.equal(outcome, 'failed');
    assert.ok(lines.includes('W1: more than 3 % fewer instructions: record them.'), lines.join('\n'));
    assert.match(lines.at(-1)!, /--record$/);
  });

  it('fails where a workload is new, or is counted no more', () => {
    assert.equal(judge(recorded, counts({ W1: 1000, W3: 2000, W6: 1 })).outcome, 'failed');
    assert.equal(judge(recorded, counts({ W1: 1000 })).outcome, 'failed');
  });

  it('says with what was counted where the compiler or OpenBLAS is another, and judges nothing', () => {
    for (const changes of [{ compilerMajor: 13 }, { compiler: 'Clang' }, { openblas: '0.3.26' }]) {
      const { outcome, lines } = judge(recorded, counts({ W1: 5000, W3: 2000 }, changes));
      assert.equal(outcome, 'skipped');
      assert.match(lines.at(-1)!, /^SKIPPED: recorded with GCC 12 and OpenBLAS 0\.3\.21, counted with /);
    }
  });

  it('takes another minor version for the same compiler', () => {
    assert.equal(judge(recorded, counts(recorded.instructions, { compilerVersion: '12.4.0' })).outcome, 'passed');
  });
});
