/**
 * Trains one model in a process of its own, and prints `{ estimated, measured }`: bytes that `estimate` told, and by how
 * much the resident memory rose at most from before the model was made. Linux alone tells the latter.
 *
 *   node --import tsx test/support/peak-memory.ts '{"vocabulary":8000,"network":{…},"training":{…}}'
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { Corpus, type FitOptions, LanguageModel, type LanguageModelOptions } from '../../src';

export interface Job {
  vocabulary: number;
  network: Omit<LanguageModelOptions, 'vocabulary'>;
  training: FitOptions & { window: number; batch: number };
}

export interface PeakMemory {
  estimated: number;
  measured: number;
}

const STEPS = 2;

/** Bytes of a line of `/proc/self/status`. */
function status(name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return 1024 * Number(kibibytes);
}

/** A prime, by which characters in order are spread over a vocabulary. */
const SPREAD = 7919;

/** Every character once, then as many from all over the vocabulary as the steps read. */
function corpusOf({ vocabulary, training: { window, batch } }: Job): Corpus {
  const ids = Array.from({ length: vocabulary + STEPS * batch * (window + 1) }, (_, i) => (i * SPREAD) % vocabulary);
  return Corpus.fromText(ids.map((id) => String.fromCodePoint(0x4e00 + id)).join(''));
}

async function train(corpus: Corpus, { network, training }: Job, measured: () => number): Promise<PeakMemory> {
  using model = LanguageModel.create({ vocabulary: corpus.vocabulary, ...network });
  for await (const _ of model.fit(corpus, { ...training, steps: STEPS }));
  const peak = measured();
  const { bytes } = await model.estimate(corpus, training);
  return { estimated: bytes.total, measured: peak };
}

async function main(job: Job): Promise<void> {
  const corpus = corpusOf(job);
  corpus.ids;
  // Whatever the first training of a process brings along, threads and their buffers: not the model's.
  const small = { ...job, network: { ...job.network, embedding: 4, hidden: 4 } };
  await train(Corpus.fromText('abcd'.repeat(1000)), { ...small, training: { window: 8, batch: 4 } }, () => 0);
  global.gc?.();
  writeFileSync('/proc/self/clear_refs', '5'); // the peak begins anew
  const before = status('VmRSS');
  console.log(JSON.stringify(await train(corpus, job, () => status('VmHWM') - before)));
}

void main(JSON.parse(process.argv[2] ?? ''));
