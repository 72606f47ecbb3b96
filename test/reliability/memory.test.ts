/** Memory stays where it is: over models that are made and dropped, over steps, over trainings that are left. */

import assert from 'node:assert/strict';
import { IS_LONG, requireEnd } from '../support/program';

const MODELS = IS_LONG ? 2000 : 240;
/** An hour of an LSTM of 512 units over 8,000 characters, by the speeds in the README, is 4,300 steps of 2,048 tokens: ten times as many are made, of a smaller model. */
const EPOCHS = IS_LONG ? 600 : 60;

/** Resident megabytes at the end of each of 12 parts of the work. */
const SAMPLED = `
  const resident = () => process.memoryUsage.rss() / 2 ** 20;
  const sampled = async (count, work) => {
    const parts = [];
    for (let i = 0; i < count; i++) {
      await work(i);
      if ((i + 1) % Math.floor(count / 12) === 0) parts.push(resident());
    }
    console.log(JSON.stringify(parts));
  };
`;

/** The slope of a line through the second half of the samples, and how far they lie from it, in megabytes over all of them. */
function growth(samples: readonly number[]): { slope: number; noise: number } {
  const settled = samples.slice(samples.length / 2);
  const n = settled.length;
  const mean = settled.reduce((sum, value) => sum + value, 0) / n;
  const middle = (n - 1) / 2;
  const across = settled.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = settled.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0) / across;
  const rest = settled.map((value, i) => value - mean - slope * (i - middle));
  const noise = Math.sqrt(rest.reduce((sum, value) => sum + value ** 2, 0) / n);
  return { slope: slope * n, noise };
}

async function requireFlat(body: string, leaked: number): Promise<void> {
  const samples = JSON.parse(await requireEnd(SAMPLED + body, { env: { UNROLLED_THREADS: '2' } })) as number[];
  const { slope, noise } = growth(samples);
  const shown = `${slope.toFixed(1)} MB more, noise ${noise.toFixed(1)} MB: ${samples.map(Math.round).join(' ')}`;
  if (IS_LONG) console.log(`      ${shown}`);
  // Far below what would have been lost, and no more than what the collector's own rhythm explains.
  assert.ok(slope < leaked / 8 && slope < Math.max(16, 6 * noise), `${shown}; a leak would be ${leaked} MB`);
}

describe('resident memory', function () {
  this.timeout(1_800_000);

  it(`is flat over ${MODELS} models that are created, used and dropped without dispose()`, async () => {
    // Parameters and gradients of one take 2 MB.
    await requireFlat(
      `await sampled(${MODELS}, async (seed) => {
        const model = create({ hidden: 200, embedding: 64, seed });
        await model.sample('the', { length: 2 });
        await new Promise(setImmediate);
      });`,
      (MODELS * 9) / 12 / 0.5,
    );
  });

  it(`is flat over ${EPOCHS * 70} steps`, async () => {
    await requireFlat(
      `const model = create({ hidden: 24, embedding: 16 });
      const epochs = model.fit(corpus, { ...FOREVER, validation: 0.1, onProgress: () => {} });
      await sampled(${EPOCHS}, () => epochs.next());
      await epochs.return();`,
      // The losses, norms and rates of each step alone.
      Math.max(16, (EPOCHS * 70 * 24) / 2 ** 20),
    );
  });

  it('is flat over trainings that are left, aborted and thrown out of', async () => {
    await requireFlat(
      `const model = create({ hidden: 64 });
      // Two steps: what a training leaves behind does not grow with its steps.
      const short = Corpus.fromText(corpus.text.slice(0, 2 * 64 * 32 + 64));
      await sampled(${IS_LONG ? 600 : 96}, async (i) => {
        const control = new AbortController();
        const ways = [
          { onProgress: () => control.abort(), signal: control.signal },
          { onProgress: () => { throw new Error('mine'); } },
          { epochs: 1 },
        ];
        try {
          for await (const _ of model.fit(short, { ...FOREVER, batch: 64, epochs: 2, ...ways[i % 3] })) break;
        } catch {}
        await new Promise(setImmediate);
      });`,
      // Each has a workspace of some megabytes, a copy of the data, and the optimiser's arrays.
      IS_LONG ? 600 : 96,
    );
  });
});
