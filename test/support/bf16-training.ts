/**
 * Trainings with `precision: 'bf16'`, for a process of their own whose environment asks for it; results as JSON.
 * What they write is left in a folder that is given.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Corpus,
  datasets,
  type FitOptions,
  LanguageModel,
  type LanguageModelOptions,
  UnrolledError,
} from '../../src';
import { readSafetensors } from '../../src/safetensors';
import { collect } from './models';

/** An RNN with a softmax over more than 1,024 ids, which is taken by blocks, and an LSTM over characters. */
const MODELS: Record<string, { options: Partial<LanguageModelOptions>; fit: FitOptions; words: boolean }> = {
  rnn: {
    options: { cell: 'rnn', embedding: 16, hidden: 40 },
    fit: { batch: 6, window: 8, clipNorm: 5 },
    words: true,
  },
  lstm: {
    options: { cell: 'lstm', embedding: 16, hidden: 32 },
    fit: { batch: 8, window: 16, clipNorm: 5, learningRate: 0.005 },
    words: false,
  },
};

function textOf(words: boolean): Promise<Corpus> {
  return datasets.sonnets(words ? { tokens: 'word', maxSize: 1100 } : {});
}

async function losses(): Promise<unknown> {
  const found: Record<string, Record<string, number[]>> = {};
  for (const [name, { options, fit, words }] of Object.entries(MODELS)) {
    const corpus = await textOf(words);
    found[name] = {};
    for (const precision of ['float32', 'bf16'] as const) {
      using model = LanguageModel.create({ vocabulary: corpus.vocabulary, ...options });
      const epochs = await collect(model.fit(corpus, { ...fit, steps: 2000, precision }));
      found[name][precision] = epochs.flatMap(({ stepLosses }) => [...stepLosses]);
    }
  }
  return found;
}

async function threads(folder: string): Promise<unknown> {
  const corpus = await textOf(true);
  const outcomes: unknown[] = [];
  for (const count of [1, 2, 3]) {
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'lstm', embedding: 33, hidden: 150 });
    const fit = { steps: 4, batch: 37, window: 25, clipNorm: 0.5, precision: 'bf16', threads: count } as const;
    const epochs = await collect(model.fit(corpus, fit));
    const path = join(folder, 'model.safetensors');
    await model.save(path);
    const { tensors } = await readSafetensors(path);
    outcomes.push({
      losses: epochs.flatMap(({ stepLosses }) => [...stepLosses]),
      weights: createHash('sha256').update(readFileSync(path)).digest('hex'),
      dtypes: [...new Set([...tensors.values()].map(({ dtype }) => dtype))],
    });
  }
  return outcomes;
}

async function resume(folder: string): Promise<unknown> {
  const corpus = await textOf(false);
  const path = join(folder, 'checkpoint');
  const create = () => LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 8, hidden: 24 });
  const shown = async (model: LanguageModel) =>
    JSON.stringify(Object.values(await model.parameters()).map(({ data }) => [...data]));
  const fit = { batch: 8, window: 8, precision: 'bf16' } as const;
  using whole = create();
  await collect(whole.fit(corpus, { ...fit, steps: 12 }));
  using first = create();
  await collect(first.fit(corpus, { ...fit, steps: 6, checkpoint: { path, everySteps: 6 } }));
  using resumed = create();
  await collect(resumed.fit(corpus, { resume: path, steps: 12 }));
  let other = '';
  try {
    await collect(resumed.fit(corpus, { resume: path, steps: 12, precision: 'float32' }));
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    other = `${error.code}: ${error.message}`;
  }
  return { whole: await shown(whole), resumed: await shown(resumed), other };
}

async function main(): Promise<void> {
  const [what = '', kept] = process.argv.slice(2);
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'unrolled-bf16-'));
  try {
    const runs: Record<string, () => Promise<unknown>> = {
      losses,
      threads: () => threads(folder),
      resume: () => resume(folder),
    };
    process.stdout.write(JSON.stringify(await runs[what]?.()));
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
