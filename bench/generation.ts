/**
 * Generation at the machine's limit, W12: an LSTM of 512 units draws one character after another, batch 1.
 *
 *   node --import tsx bench/generation.ts                     beside reading the weights once, and beside PyTorch
 *   node --import tsx bench/generation.ts --rounds 9 --threads 1 --json generation.json
 *
 * Our characters, the reading and PyTorch's take turns in one run, since a machine's speed varies from minute to minute,
 * and both are timed in groups of as many, short enough that a busy machine leaves most of them alone. One by one, the
 * median is of means of groups too, since a few characters are drawn ahead; the 99th percentile is of single ones.
 * The reading sums as many 32-bit floats as one character needs of the weights, all of them but the embedding and
 * `weight_ih`, whose products with the characters are kept. Further rows: many texts at once.
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { info, LanguageModel, Vocabulary } from '../src';
import { addon } from '../src/native/load';
import { PeerAbsentError, runPython } from '../test/peer/python';

const SIZES = { vocab: 65, embedding: 64, hidden: 512 };
/** Asked: at most so many times the reading. */
const ASKED = 2;
/** Characters of one call and readings of one group; groups of a round. */
const IN_A_CALL = 20;
const GROUPS = 100;
/** Characters of one stream, and of all texts that are drawn at once. */
const IN_A_STREAM = 400;
/** Of the characters asked for one by one, as many are timed together: several are drawn in one go, ahead. */
const IN_A_GROUP = 40;
const AT_ONCE = 4096;

/** Microseconds a character; `p99` of single ones where they were timed. */
interface Latency {
  name: string;
  median: number;
  p99: number;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

function latency(name: string, microseconds: readonly number[]): Latency {
  return { name, median: quantile(microseconds, 0.5), p99: quantile(microseconds, 0.99) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new RangeError(`--${name} must be a number above 0, and is ${JSON.stringify(text)}.`);
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      threads: { type: 'string', default: '1' },
      json: { type: 'string' },
    },
  });
  return { rounds: positive('rounds', values.rounds), threads: positive('threads', values.threads), json: values.json };
}

/** Floats that a character needs of the weights: a row of the kept products, W_hh, and the head with its bias. */
function floatsRead({ vocab, hidden }: typeof SIZES): number {
  return 4 * hidden + 4 * hidden * hidden + hidden * vocab + vocab;
}

function newModel(threads: number): LanguageModel {
  const characters = Array.from({ length: SIZES.vocab }, (_, i) => String.fromCodePoint(0x30 + i)).join('');
  return LanguageModel.create({
    ...{ vocabulary: Vocabulary.build(characters), cell: 'lstm' },
    ...{ hidden: SIZES.hidden, embedding: SIZES.embedding, threads },
  });
}

/** Microseconds a character of one native call of many, by the clock of its own thread, as the reading is timed. */
async function callOfMany(model: LanguageModel, threads: number): Promise<number> {
  const { seconds } = await model.model.native.generate(
    {
      ids: Int32Array.of(1),
      offsets: Int32Array.of(0, 1),
      rows: [{ seed: 0, position: 0, count: IN_A_CALL, temperature: 1, topK: 0, topP: 1 }],
      ...{ excluded: new Int32Array(0), end: -1, threads },
    },
    new (addon().Cancellation)(),
  );
  return (1e6 * seconds) / IN_A_CALL;
}

/** Microseconds a reading, of a group of them. */
async function readings(floats: number): Promise<number> {
  const seconds = await addon().machineReading(floats, IN_A_CALL);
  return (1e6 * seconds.reduce((sum, value) => sum + value, 0)) / IN_A_CALL;
}

/** Means of groups of neighbours, the last of them left out where it is not full. */
function groupMeans(values: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(values.length / size) }, (_, i) => {
    const group = values.slice(i * size, (i + 1) * size);
    return group.reduce((sum, value) => sum + value, 0) / size;
  });
}

/** Microseconds from one character to the next, each asked for by itself. */
async function oneByOne(model: LanguageModel): Promise<number[]> {
  const times: number[] = [];
  const pieces = model.stream('A', { length: IN_A_STREAM, piece: 1 });
  await pieces.next(); // feeds the prompt
  for (;;) {
    const started = performance.now();
    const { done } = await pieces.next();
    if (done) return times;
    times.push(1000 * (performance.now() - started));
  }
}

/** Microseconds from one piece of a stream to the next, over the characters of the piece. */
async function streamed(model: LanguageModel): Promise<number[]> {
  const times: number[] = [];
  let last: number | undefined;
  for await (const text of model.stream('A', { length: IN_A_STREAM })) {
    const now = performance.now();
    if (last !== undefined) times.push((1000 * (now - last)) / text.length);
    last = now;
  }
  return times;
}

/** Characters per second of so many texts at once. */
async function together(model: LanguageModel, texts: number): Promise<number> {
  const length = AT_ONCE / texts / (texts === 1 ? 4 : 1);
  const started = performance.now();
  await model.sampleAll(Array(texts).fill('A'), { length });
  return (texts * length) / ((performance.now() - started) / 1000);
}

async function torch(threads: number): Promise<{ microseconds: number; form: string } | string> {
  const sizes = Object.entries(SIZES).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const script = join(__dirname, 'torch_generate.py');
  try {
    return JSON.parse(await runPython(script, ...sizes, '--threads', String(threads), '--seconds', '1'));
  } catch (error) {
    if (error instanceof PeerAbsentError) return error.message;
    throw error;
  }
}

async function main(): Promise<void> {
  const { rounds, threads, json } = parseOptions();
  const [load = 0] = loadavg();
  console.log(`${cpus()[0]?.model}, ${info().kernels} kernels, ${threads} thread${threads === 1 ? '' : 's'}`);
  if (load > 0.5) console.log(`The machine is busy (load ${load.toFixed(1)}): the figures will say less.`);
  using model = newModel(threads);
  const floats = floatsRead(SIZES);
  const many: number[] = [];
  const single: number[] = [];
  const apart: number[] = [];
  const pieces: number[] = [];
  const read: number[] = [];
  const ratios: number[] = [];
  const peers: number[] = [];
  const rates = new Map<number, number[]>([1, 8, 64].map((texts) => [texts, []]));
  let form = '';
  let absent: string | undefined;
  await callOfMany(model, threads);
  for (let round = 0; round < rounds; round++) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let group = 0; group < GROUPS; group++) {
      theirs.push(await readings(floats));
      ours.push(await callOfMany(model, threads));
    }
    many.push(...ours);
    read.push(...theirs);
    ratios.push(quantile(ours, 0.5) / quantile(theirs, 0.5));
    pieces.push(...(await streamed(model)));
    const times = await oneByOne(model);
    single.push(...times);
    apart.push(...groupMeans(times, IN_A_GROUP));
    for (const [texts, rate] of rates) rate.push(await together(model, texts));
    if (absent !== undefined) continue;
    const peer = await torch(threads);
    if (typeof peer === 'string') absent = peer;
    else {
      peers.push(peer.microseconds);
      form = peer.form;
    }
  }
  const reading = latency(`reading ${((4 * floats) / 1e6).toFixed(2)} MB once`, read);
  const rows = [
    reading,
    latency('W12 in a call of many', many),
    latency('W12 streamed, by pieces', pieces),
    { ...latency('W12 one by one', apart), p99: latency('', single).p99 },
    ...(peers.length > 0 ? [latency(`PyTorch, ${form}`, peers)] : []),
  ];
  const peer = peers.length > 0 ? quantile(peers, 0.5) : undefined;
  console.log(
    ['', 'median µs', '99th µs', 'of reading', 'PyTorch over it'].map((cell, i) => cell.padEnd(i ? 17 : 26)).join(''),
  );
  for (const { name, median, p99 } of rows) {
    const overPeer = peer === undefined ? '–' : (peer / median).toFixed(2);
    const cells = [name, median.toFixed(1), p99.toFixed(1), (median / reading.median).toFixed(2), overPeer];
    console.log(cells.map((cell, i) => cell.padEnd(i ? 17 : 26)).join(''));
  }
  if (absent !== undefined) console.log(absent);
  const ratio = quantile(ratios, 0.5);
  console.log(
    `W12: ${ratio.toFixed(2)} times the reading, the median of ${rounds} rounds (asked: at most ${ASKED}): ` +
      (ratio <= ASKED ? 'met' : 'not met'),
  );
  const speeds = [...rates].map(([texts, rate]) => ({ texts, charactersPerSecond: quantile(rate, 0.5) }));
  for (const { texts, charactersPerSecond } of speeds) {
    const times = charactersPerSecond / speeds[0]!.charactersPerSecond;
    const rate = Math.round(charactersPerSecond).toLocaleString('en');
    console.log(`${String(texts).padStart(2)} at once: ${rate} characters/s, ${times.toFixed(2)} times one`);
  }
  if (json === undefined) return;
  const machine = { processor: cpus()[0]?.model, processors: availableParallelism(), load, node: process.version };
  const result = { machine, info: info(), rounds, threads, floats, rows, ratio, asked: ASKED, speeds, absent };
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
