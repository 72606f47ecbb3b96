/** Several ranks under each engine of MPI that this machine has. */

import assert from 'node:assert/strict';
import { MAIN } from '../../support/cli';
import { ENGINES, type Engine, type Launched, launch, launchProgram } from '../../support/mpi';

/** A test with an engine, skipped where it is not there. */
function withEngine(title: string, body: (engine: Engine) => Promise<void>): void {
  for (const { name, engine } of ENGINES) {
    it(`${title}, under ${name}`, async function () {
      if (engine === undefined) this.skip();
      await body(engine);
    });
  }
}

const linesOf = ({ stdout }: Launched) => stdout.trim().split('\n').sort();

/** Sums eight shards in a tree on any number of ranks, and says a hash of the result. */
const HASH_OF_SUM = `
  const group = await open();
  const { rank, size } = group.info();
  const shard = (number) => Float32Array.from({ length: 100_003 }, (_, i) => Math.sin(i * 7 + number) * 10 ** ((i + number) % 7));
  let parts = Array.from({ length: 8 / size }, (_, i) => shard((rank * 8) / size + i));
  while (parts.length > 1) {
    parts = parts.flatMap((part, i) => (i % 2 === 1 ? [] : [part.map((value, j) => value + parts[i + 1][j])]));
  }
  const sum = await group.sum(parts[0]);
  const inOrder = Array.from({ length: 8 }, (_, i) => shard(i)).reduce((a, b) => a.map((value, j) => value + b[j]));
  const hash = (array) => require('node:crypto').createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex');
  if (hash(inOrder) === hash(sum)) throw new Error('the order of the sum does not show');
  say(hash(sum));
  await group.close();
`;

describe('ranks over MPI', () => {
  let hash: string | undefined;
  for (const ranks of [1, 2, 4]) {
    withEngine(`have the same sums on ${ranks}`, async (engine) => {
      const { status, stdout, stderr } = await launch(engine, ranks, HASH_OF_SUM);
      assert.equal(status, 0, stderr);
      const hashes = stdout.trim().split('\n');
      assert.equal(hashes.length, ranks);
      hash ??= hashes[0];
      for (const other of hashes) assert.equal(other, hash);
    });
  }

  withEngine('exchange what they have, of any length', async (engine) => {
    const result = await launch(
      engine,
      4,
      `const group = await open();
       const { rank, size, library, processorShare } = group.info();
       const mine = new Uint8Array([0, 3_000_000, 1, 70_000][rank]).fill(rank + 1);
       const all = await group.gather(mine);
       const told = all.map((bytes, i) => bytes.length + (bytes.every((byte) => byte === i + 1) ? '' : ' wrong')).join();
       const sent = await group.broadcast(rank === 2 ? Uint8Array.of(...Buffer.from('from the third')) : undefined, 2);
       const { length } = await group.broadcast(rank === 3 ? new Uint8Array(50_000_000) : undefined, 3);
       const none = await group.broadcast(rank === 0 ? new Uint8Array(0) : undefined, 0);
       await group.barrier();
       say([rank, size, told, Buffer.from(sent), length, none.length, processorShare >= 1, library.length > 3, group.secondsWaited() > 0].join(' '));
       await group.close();`,
    );
    assert.equal(result.status, 0, result.stderr);
    assert.deepEqual(
      linesOf(result),
      [0, 1, 2, 3].map((rank) => `${rank} 4 0,3000000,1,70000 from the third 50000000 0 true true true`),
    );
  });

  withEngine('are refused if one of them differs, by its name', async (engine) => {
    const result = await launch(
      engine,
      4,
      `const group = await open();
       const { rank, host } = group.info();
       await group.agree([{ name: 'unrolled', value: '0.1.0' }]);
       const facts = [{ name: 'unrolled', value: '0.1.0' }, { name: 'seed', value: rank === 2 ? '7' : '1', isOption: true }];
       const error = await group.agree(facts).then(() => assert.fail(), (error) => error);
       say([error.code, error.option, error.expected, error.received, error.fault.replaceAll(host, 'HOST')].join(' '));
       await group.close();`,
    );
    assert.equal(result.status, 0, result.stderr + result.stdout);
    const fault = 'seed must be the same on all ranks; it is 1, but 7 on rank 2 (host HOST)';
    assert.deepEqual(linesOf(result), Array(4).fill(`ERR_UNROLLED_RANKS_DIFFER seed 1 7 ${fault}`));
  });

  withEngine('refuse a library that is not the launcher’s', async (engine) => {
    const others = { 'Open MPI': 'libmpich.so.12', MPICH: 'libmpi.so.40' };
    const UNROLLED_MPI = others[engine.name as keyof typeof others];
    const { status, stdout } = await launch(engine, 2, 'await open();', { env: { UNROLLED_MPI } });
    // Where the other engine is not there, its library is not.
    assert.match(
      stdout,
      /^failed: ERR_UNROLLED_MPI: (mpirun started 2 ranks, but the library .* is not the launcher's\.|No MPI library)/m,
    );
    assert.notEqual(status, 0);
  });

  withEngine('refuse what is no library of MPI, or is not there', async (engine) => {
    for (const [UNROLLED_MPI, expected] of [
      ['libm.so.6', /libm\.so\.6 has no function MPI_Get_library_version/],
      ['/nowhere/libmpi.so.1', /No MPI library could be loaded: \/nowhere\/libmpi\.so\.1/],
    ] as const) {
      const { status, stdout } = await launch(engine, 2, 'await open();', { env: { UNROLLED_MPI } });
      assert.match(stdout, /^failed: ERR_UNROLLED_MPI: /m);
      assert.match(stdout, expected);
      assert.notEqual(status, 0);
    }
  });

  withEngine('are shown by doctor', async (engine) => {
    const seen = await launchProgram(engine, 2, [process.execPath, MAIN, 'doctor', '--json']);
    assert.equal(seen.status, 0, seen.stderr);
    const diagnoses = linesOf(seen).map((line) => JSON.parse(line));
    assert.deepEqual(diagnoses.map(({ rank }) => rank).sort(), [0, 1]);
    for (const { launcher, ranks, mpi, problems } of diagnoses) {
      assert.deepEqual([launcher, ranks, problems], [engine.name, 2, []]);
      assert.match(mpi, new RegExp(`^${engine.name} .*\\(/.*lib.*\\.so`));
    }
    const env = { UNROLLED_MPI: 'libm.so.6' };
    const wrong = await launchProgram(engine, 2, [process.execPath, MAIN, 'doctor'], { env });
    assert.match(wrong.stdout, /^problem: .*libm\.so\.6 has no function .*\(ERR_UNROLLED_MPI\)$/m);
    assert.notEqual(wrong.status, 0);
  });

  withEngine('begin MPI once, and may wait for it no longer', async (engine) => {
    const result = await launch(
      engine,
      2,
      `const group = await open();
       if ((await open()) !== group) throw new Error('another group');
       await group.close();
       const error = await group.barrier().then(() => undefined, (error) => error);
       say(error.code);`,
    );
    assert.equal(result.status, 0, result.stderr);
    assert.deepEqual(linesOf(result), ['ERR_UNROLLED_RANK_LOST', 'ERR_UNROLLED_RANK_LOST']);
  });
});
