/** How results of the benchmark are judged and shown. */

import assert from 'node:assert/strict';
import { toSvg } from '../../bench/chart';
import type { Machine } from '../../bench/machine';
import { toMarkdown, withTable } from '../../bench/markdown';
import { met, type Result } from '../../bench/result';
import { CannotTrainError, measure, type Workload } from '../../bench/workload';
import { PeerAbsentError } from '../peer/python';

const machine: Machine = {
  ...{ processor: 'A & B', processors: 2, blasCore: 'Zen', threads: [1, 2], load: 0.25, node: 'v22.0.0' },
};

/** Ours is as fast as there are threads, the peer half as fast as ours on one. */
const workload: Workload = {
  ...{ name: 'W0', title: 'a model', unit: 'tokens/s', peer: 'Peer' },
  asked: { timesPeer: 3, ofMachine: 0.5 },
  ours: async ({ threads }) => ({ speed: 1000 * threads, ofMachine: 0.4 }),
  theirs: async () => ({ speed: 500 }),
  extras: [
    { name: 'Slow', measure: async () => 10 },
    {
      name: 'Missing',
      measure: async () => {
        throw new PeerAbsentError('missing is absent');
      },
    },
    {
      name: 'Unable',
      measure: async () => {
        throw new CannotTrainError('no <kernel>');
      },
    },
  ],
};

describe('the benchmark', () => {
  let result: Result;
  before(async () => {
    result = await measure(workload, 2, 0.001, [1, 2]);
  });

  it('takes ratios to the peer, to one thread, and to every other peer', () => {
    assert.equal(result.timesPeer, 2);
    assert.deepEqual(result.timesFirstThreads, [2]);
    assert.deepEqual(result.extras, [
      { name: 'Slow', speed: 10, times: 100 },
      { name: 'Missing', absent: 'missing is absent' },
      { name: 'Unable', cannot: 'no <kernel>' },
    ]);
  });

  it('names a peer that is absent, and then cannot say more than the fraction of the machine tells', async () => {
    const theirs = async () => {
      throw new PeerAbsentError('peer is absent');
    };
    const alone = await measure({ ...workload, theirs }, 2, 0.001, [1]);
    assert.equal(alone.absent, 'peer is absent');
    assert.equal(alone.timesPeer, undefined);
    assert.equal(met(alone), '?');
    assert.equal(met({ ...alone, ofMachine: 0.5 }), 'yes');
    assert.match(toMarkdown(machine, [alone]), /\| peer is absent \|/);
  });

  it('passes on any other error of a peer', async () => {
    const theirs = async () => {
      throw new Error('it crashed');
    };
    await assert.rejects(measure({ ...workload, theirs }, 1, 0.001, [1]), /it crashed/);
  });

  it('calls a workload met where either of what is asked is reached', () => {
    assert.equal(met(result), 'no');
    assert.equal(met({ ...result, timesPeer: 3 }), 'yes');
    assert.equal(met({ ...result, ofMachine: 0.6 }), 'yes');
  });

  it('writes a table of Markdown with what was asked beside what was measured', () => {
    const table = toMarkdown(machine, [{ ...result, timesPeer: 3.25 }]);
    const row = '| W0 | a model | 1,000 tokens/s | Peer 500 tokens/s | 3 | **3.25** | 0.5 | 0.40 | yes | 2.00 |';
    assert.ok(table.includes(row), table);
    assert.ok(table.includes('- W0, Unable cannot: no <kernel>'), table);
  });

  it('runs what is long once, with the first number of threads alone', async () => {
    let runs = 0;
    const ours: Workload['ours'] = async () => ({ speed: ++runs, note: 'as it went' });
    const long = await measure({ ...workload, ours, long: true }, 3, 0.001, [1, 2]);
    assert.equal(runs, 1);
    assert.deepEqual(long.notes, ['unrolled: as it went']);
    assert.match(toMarkdown(machine, [long]), /\| no \| – \|\n/);
  });

  it('puts the table between its marks, and again in its place', () => {
    const page = 'before\n<!-- `npm run bench -- --markdown` writes from here -->\nold\n<!-- to here -->\nafter\n';
    const once = withTable(page, 'new');
    assert.match(once, /^before\n<!-- .* -->\n\nnew\n\n<!-- to here -->\nafter\n$/);
    assert.equal(withTable(once, 'new'), once);
    assert.equal(withTable('no marks', 'new'), 'new\n');
  });

  it('draws every row, with names as text and not as markup', () => {
    const svg = toSvg(machine, [result]);
    assert.ok(svg.includes('2.00, asked 3') && svg.includes('0.40, asked 0.5'), svg);
    assert.ok(svg.includes('no &lt;kernel&gt;') && svg.includes('A &amp; B') && svg.includes('missing is absent'), svg);
    assert.equal(svg.match(/<rect /g)?.length, 3);
  });
});
