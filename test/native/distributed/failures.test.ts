/** Ranks that die, fail, leave, stop, or lose their launcher: all end, with a status that says so, and nothing stays. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ENGINES, type Engine, isAlive, type Launched, type LaunchOptions, launch } from '../../support/mpi';

/** Seconds within which all ranks are gone. */
const MOST_SECONDS = 20;

/** Rank 1 does something after some sums that all make; each says its process first. */
const program = (deed: string, options = '{}') => `
  const group = await open(${options});
  const { rank } = group.info();
  say('process ' + rank + ' ' + process.pid);
  for (let step = 0; ; step++) {
    await group.sum(new Float32Array(1000).fill(step));
    if (step === 20 && rank === 1) { say('deed'); ${deed} }
  }`;

interface Ended extends Launched {
  /** Seconds from the deed to the end. */
  endedAfter: number;
  /** Processes of ranks that are still there. */
  left: number[];
}

async function run(engine: Engine, ranks: number, body: string, onDeed?: Deed, behindShell = false): Promise<Ended> {
  const processes = new Map<number, number>();
  let done = performance.now();
  const onLine: LaunchOptions['onLine'] = (line, launcher) => {
    const [, rank, process] = /^process (\d+) (\d+)/.exec(line) ?? [];
    if (rank !== undefined) processes.set(Number(rank), Number(process));
    if (line !== 'deed') return;
    done = performance.now();
    onDeed?.(processes, launcher.pid ?? 0);
  };
  const launched = await launch(engine, ranks, body, { onLine, behindShell });
  const endedAfter = (performance.now() - done) / 1000;
  // A launcher that was killed cannot wait for its ranks.
  while ((performance.now() - done) / 1000 < MOST_SECONDS && [...processes.values()].some(isAlive)) {
    await new Promise((settle) => setTimeout(settle, 100));
  }
  assert.equal(processes.size, ranks, launched.stdout + launched.stderr);
  return { ...launched, endedAfter, left: [...processes.values()].filter(isAlive) };
}

type Deed = (processes: Map<number, number>, launcher: number) => void;

function requireEnd({ status, endedAfter, left, stdout, stderr }: Ended): void {
  assert.notEqual(status, 0, stdout + stderr);
  assert.ok(endedAfter < MOST_SECONDS, `it took ${endedAfter} s`);
  assert.deepEqual(left, [], 'processes are left');
}

describe('ranks of which one', () => {
  function withEngine(title: string, body: (engine: Engine) => Promise<void>): void {
    for (const { name, engine } of ENGINES) {
      it(`${title}, under ${name}`, async function () {
        if (engine === undefined) this.skip();
        await body(engine);
      });
    }
  }

  withEngine('is killed all end', async (engine) => {
    requireEnd(await run(engine, 4, program(`process.kill(process.pid, 'SIGKILL');`)));
  });

  withEngine('throws all end, and say that it did', async (engine) => {
    const ended = await run(
      engine,
      4,
      program(`throw Object.assign(new Error('a fault of its own'), { code: 'MINE' });`),
    );
    requireEnd(ended);
    assert.match(ended.stdout, /^failed: MINE: a fault of its own$/m);
  });

  withEngine('fails for a reason that it tells all end, and name the reason', async (engine) => {
    const deed = `await group.fail('ERR_UNROLLED_NON_FINITE_LOSS', 'The loss is NaN'); await sleep(3000); process.exit(3);`;
    const ended = await run(engine, 4, program(deed));
    requireEnd(ended);
    // The launcher may end one before it has said so.
    assert.match(ended.stdout, /^failed: ERR_UNROLLED_RANK_LOST: Rank 1 \(host .*\) failed: The loss is NaN\. Resume/m);
  });

  withEngine('exits as if all were well all end', async (engine) => {
    requireEnd(await run(engine, 4, program('process.exit(0);')));
  });

  withEngine('leaves in good order while others wait are told', async (engine) => {
    const ended = await run(engine, 2, program('await group.close().catch(() => {}); process.exit(0);'));
    requireEnd(ended);
    assert.match(ended.stdout, /^failed: ERR_UNROLLED_RANK_LOST: Rank 1 \(host .*\) has left the training/m);
  });

  withEngine('is stopped end after the stall time-out, with a warning before', async (engine) => {
    const ended = await run(engine, 4, program(`process.kill(process.pid, 'SIGSTOP');`, '{ stallTimeout: 4 }'));
    requireEnd(ended);
    const silence = /^warning: Rank 1 \(host .*\) has given no sign of life for [0-9.]+ s\. The training ends when/gm;
    assert.equal(ended.stdout.match(silence)?.length, 1, ended.stdout);
    assert.match(
      ended.stdout,
      /^failed: ERR_UNROLLED_RANK_LOST: Rank 1 \(host .*\) has given no sign of life for [0-9.]+ s\./m,
    );
  });

  withEngine('computes for longer than the stall time-out are waited for', async (engine) => {
    const body = `
      const group = await open({ stallTimeout: 2 });
      await group.barrier();
      if (group.info().rank === 1) for (const end = Date.now() + 5000; Date.now() < end; );
      await group.barrier();
      say('together');
      await group.close();`;
    const { status, stdout } = await launch(engine, 2, body);
    assert.equal(stdout, 'together\ntogether\n');
    assert.equal(status, 0);
  });

  withEngine('is above all, the launcher, and is killed all end', async (engine) => {
    const deed: Deed = (_, launcher) => process.kill(launcher, 'SIGKILL');
    requireEnd(await run(engine, 2, program(''), deed));
  });

  for (const victim of ['the launcher', 'its shell']) {
    withEngine(`loses ${victim} behind a shell, as npx makes one, all end`, async (engine) => {
      const deed: Deed = (processes, launcher) => {
        const stat = readFileSync(`/proc/${processes.get(1)}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(') ')).split(' ')[2]);
        process.kill(victim === 'its shell' ? parent : launcher, 'SIGKILL');
      };
      requireEnd(await run(engine, 2, program(''), deed, true));
    });
  }

  withEngine('makes other calls than the rest all end', async (engine) => {
    const ended = await run(
      engine,
      2,
      program('await group.gather(new Uint8Array(9)); await sleep(60_000);', '{ stallTimeout: 3 }'),
    );
    requireEnd(ended);
  });

  it('waits for others leaves its processor to them', async function () {
    const engine = ENGINES.find((each) => each.engine !== undefined)?.engine;
    if (engine === undefined) this.skip();
    const body = `
      const group = await open();
      const { rank } = group.info();
      await group.barrier();
      const before = process.cpuUsage();
      const start = Date.now();
      if (rank === 0) while (Date.now() - start < 3000);
      await group.barrier();
      const { user, system } = process.cpuUsage(before);
      if (rank !== 0) say('share ' + (user + system) / 1000 / (Date.now() - start));
      await group.close();`;
    const { stdout, status } = await launch(engine, 4, body);
    assert.equal(status, 0);
    const shares = Array.from(stdout.matchAll(/share ([0-9.]+)/g), ([, share]) => Number(share));
    assert.equal(shares.length, 3);
    for (const share of shares) assert.ok(share < 0.5, `a waiting rank takes ${share} of a processor`);
  });
});
