/** What the peers of JavaScript share: their options, timing, and saying that a package is absent. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Exit status where a package is absent, as that of the scripts in Python (test/peer/peer.py). */
const ABSENT = 77;

/** The options of `unrolled bench` that a peer is told. */
export interface PeerOptions {
  cell: string;
  layers: number;
  vocab: number;
  embedding: number;
  hidden: number;
  window: number;
  batch: number;
  seconds: number;
  /** Of TensorFlow.js: `cpu` or `wasm`. */
  backend: string;
}

export function peerOptions(): PeerOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      cell: text,
      layers: text,
      vocab: text,
      embedding: text,
      hidden: text,
      window: text,
      batch: text,
      seconds: text,
      threads: text,
      backend: text,
    },
  });
  const { cell = 'lstm', backend = 'cpu' } = values;
  const [layers, vocab, embedding, hidden, window, batch, seconds] = (
    ['layers', 'vocab', 'embedding', 'hidden', 'window', 'batch', 'seconds'] as const
  ).map((name) => Number(values[name])) as [number, number, number, number, number, number, number];
  return { cell, backend, layers, vocab, embedding, hidden, window, batch, seconds };
}

/**
 * Loads a package of bench/node_modules, or ends the process with status 77, naming it. Its types are the caller's:
 * the type-check must pass where it is absent.
 */
export function requirePeer<T>(name: string): T {
  if (!existsSync(join(__dirname, '..', 'node_modules', ...name.split('/')))) {
    console.log(`${name} is absent (npm run bench -- --install-peers)`);
    process.exit(ABSENT);
  }
  return createRequire(__filename)(name);
}

/** Ids that are evenly spread over the vocabulary. */
export function randomIds(count: number, vocabulary: number): Int32Array {
  return Int32Array.from({ length: count }, () => Math.floor(Math.random() * vocabulary));
}

/** Makes a step, which must be done when it returns, for so long and at least once; prints tokens per second. */
export async function timeSteps(tokens: number, seconds: number, step: () => Promise<void>): Promise<void> {
  const times: number[] = [];
  const begun = performance.now();
  do {
    const started = performance.now();
    await step();
    times.push((performance.now() - started) / 1000);
  } while (performance.now() - begun < 1000 * seconds);
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  console.log(JSON.stringify({ tokensPerSecond: tokens / median, steps: times.length }));
}
