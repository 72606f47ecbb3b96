/**
 * How much memory `train --stream` takes on a text that is larger than it should ever hold.
 *
 *   node --import tsx bench/large-corpus.ts [--megabytes 1000] [--tokens char] [--steps 50]
 *
 * Writes the text into a folder of its own, which goes afterwards, trains on it with the built command line, and prints
 * the most anonymous memory (`RssAnon`, Linux only) that the process had. What it must stay under is the memory of the
 * same training on a small text, and 200 MB.
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const MEGABYTE = 1_000_000;

/** Between two looks at the process, in milliseconds. */
const INTERVAL = 50;

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1000' },
    tokens: { type: 'string', default: 'char' },
    steps: { type: 'string', default: '50' },
    'max-vocab': { type: 'string' },
  },
});

/** Lines of words that are drawn from a list with a few that occur once, so that no two megabytes are the same. */
function writeText(path: string, bytes: number): void {
  const words = Array.from({ length: 4096 }, (_, i) => {
    const digest = createHash('sha256')
      .update(`${i}`)
      .digest('base64')
      .replace(/[^a-z]/g, '');
    return `${digest.slice(0, 1 + (i % 9))}${i % 50 === 0 ? 'é' : ''}`;
  });
  const file = openSync(path, 'w');
  let state = 1;
  for (let written = 0; written < bytes; ) {
    let text = '';
    while (text.length < MEGABYTE) {
      const line: string[] = [];
      for (let i = 0; i < 12; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        line.push(words[state >>> 20] as string);
      }
      text += `${line.join(' ')}.\n`;
    }
    written += writeSync(file, `${text}${written.toString(36)}\n`);
  }
  closeSync(file);
}

/** Kibibytes of a line of a process's status; 0 where it has ended. */
function statusOf(pid: number, line: string): number {
  try {
    return Number(
      new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0,
    );
  } catch {
    return 0;
  }
}

interface Measured {
  seconds: number;
  /** The most anonymous memory in bytes. */
  anonymous: number;
}

async function train(text: string, cache: string): Promise<Measured> {
  const main = resolve(__dirname, '..', 'lib', 'cli', 'main.js');
  const bound = values['max-vocab'] === undefined ? [] : ['--max-vocab', values['max-vocab']];
  const args = [main, 'train', text, '--stream', '--steps', values.steps, '--tokens', values.tokens, ...bound];
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, UNROLLED_CACHE: cache },
  });
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, statusOf(child.pid as number, 'RssAnon'));
  }, INTERVAL);
  const status = await new Promise((done) => {
    child.on('close', done);
  });
  clearInterval(look);
  if (status !== 0) throw new Error(`train ended with ${status}`);
  return { seconds: (performance.now() - started) / 1000, anonymous: most * 1024 };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-large-'));
  try {
    for (const megabytes of [2, Number(values.megabytes)]) {
      const text = join(folder, `${megabytes}.txt`);
      writeText(text, megabytes * MEGABYTE);
      for (const run of ['first run', 'ids there']) {
        const { seconds, anonymous } = await train(text, join(folder, 'cache'));
        const used = (anonymous / MEGABYTE).toFixed(0);
        console.log(`${megabytes} MB of text, ${run}: RssAnon at most ${used} MB, ${seconds.toFixed(1)} s`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
