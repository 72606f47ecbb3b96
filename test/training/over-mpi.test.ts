/** `distributed: 'mpi'`: trainings of several processes under each engine that is there. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { useFolder } from '../support/folder';
import { smallModel, train } from '../support/models';
import { ENGINES, type Engine, type Launched, launch } from '../support/mpi';

const LIB = path.resolve(__dirname, '..', '..', 'lib');

/** A program that trains on its ranks, and says what each has: the hash of its weights, and its epochs' losses. */
function training(options: string, { model = '', after = '' } = {}): string {
  return `
    const { Corpus, LanguageModel, callbacks } = require(${JSON.stringify(path.join(LIB, 'index.js'))});
    const rank = Number(process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? 0);
    const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog.\\n'.repeat(30).slice(0, 1204));
    const model = LanguageModel.create({
      vocabulary: corpus.vocabulary, embedding: 8, hidden: 16, dropout: 0.2, cell: 'gru', ${model}
    });
    const losses = [];
    const options = { batch: 4, window: 8, epochs: 2, shards: 4, validation: 0.2, ${options} };
    for await (const epoch of model.fit(corpus, options)) losses.push(epoch.loss, epoch.validationLoss);
    const hash = require('node:crypto').createHash('sha256');
    for (const { data } of Object.values(await model.parameters())) hash.update(data);
    say('rank ' + rank + ': ' + hash.digest('hex') + ' ' + losses);
    ${after}`;
}

/** What the ranks said, without their numbers: one line where all have the same. */
function said({ stdout }: Launched): string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('rank '));
  return [...new Set(lines.map((line) => line.replace(/^rank \d+: /, '')))];
}

describe('distributed', function () {
  this.timeout(120_000);
  const at = useFolder();

  it('needs a launcher', async () => {
    using model = smallModel();
    const alone = train(model, { steps: 1, distributed: 'mpi' });
    await assert.rejects(alone, { code: 'ERR_UNROLLED_MPI' });
    await assert.rejects(train(model, { steps: 1, distributed: 'gloo' } as never), { option: 'distributed' });
  });

  for (const { name, engine } of ENGINES) {
    describe(`under ${name}`, () => {
      const on = engine as Engine;
      before(function () {
        if (engine === undefined) this.skip();
      });

      it('gives the bits of one process on 2 and on 4 ranks', async () => {
        const outcomes: string[] = [];
        const alone = await launch(on, 1, training('threads: 1'));
        assert.equal(alone.status, 0, alone.stdout + alone.stderr);
        for (const ranks of [2, 4]) {
          const launched = await launch(on, ranks, training("distributed: 'mpi'"));
          assert.equal(launched.status, 0, launched.stdout + launched.stderr);
          assert.equal(launched.stdout.split('\n').filter((line) => line.startsWith('rank ')).length, ranks);
          outcomes.push(...said(launched));
        }
        assert.deepEqual([...new Set(outcomes)], said(alone));
      });

      it('goes on from a checkpoint of rank 0 with another number of ranks', async () => {
        const whole = await launch(on, 1, training('threads: 1'));
        const checkpoint = JSON.stringify(at(`checkpoint of ${name}`));
        const first = `distributed: 'mpi', epochs: 1, callbacks: [callbacks.checkpoint({ path: ${checkpoint} })]`;
        const stopped = await launch(on, 2, training(first));
        assert.equal(stopped.status, 0, stopped.stdout + stopped.stderr);
        assert.ok(existsSync(at(`checkpoint of ${name}`)));
        const resumed = await launch(on, 4, training(`distributed: 'mpi', resume: ${checkpoint}`));
        assert.equal(resumed.status, 0, resumed.stdout + resumed.stderr);
        const [hash] = said(whole)[0]?.split(' ') ?? [];
        assert.deepEqual([...new Set(said(resumed).map((line) => line.split(' ')[0]))], [hash]);
      });

      it('does not begin where a rank has another seed, and names it', async () => {
        const launched = await launch(on, 2, training("distributed: 'mpi', seed: rank"));
        assert.notEqual(launched.status, 0);
        assert.match(launched.stdout, /ERR_UNROLLED_RANKS_DIFFER: seed must be the same on all ranks/);
        assert.deepEqual(said(launched), []);
      });
    });
  }
});
