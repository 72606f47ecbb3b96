/**
 * Text for many clients at once: `examples/server.ts` on the loopback, beside the same requests one after another.
 *
 *   node --import tsx bench/server.ts
 *   node --import tsx bench/server.ts --clients 64 --length 256 --hidden 512 --rounds 3 --json server.json
 *
 * The model is an LSTM with fresh weights: what it writes makes no difference to the time. Rounds take turns, and the
 * median counts. Both ways must give the same texts.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { info, LanguageModel, Vocabulary } from '../src';

/** What one way of asking gave. */
interface Run {
  texts: string[];
  seconds: number;
  /** Milliseconds between two chunks of a client's text. */
  gaps: number[];
  /** Milliseconds to the first chunk. */
  firsts: number[];
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '64' },
      length: { type: 'string', default: '256' },
      hidden: { type: 'string', default: '512' },
      rounds: { type: 'string', default: '2' },
      json: { type: 'string' },
    },
  });
  const whole = (name: 'clients' | 'length' | 'hidden' | 'rounds') => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new RangeError(`--${name} must be a whole number above 0, and is ${JSON.stringify(values[name])}.`);
  };
  return {
    ...{ clients: whole('clients'), length: whole('length') },
    ...{ hidden: whole('hidden'), rounds: whole('rounds'), json: values.json },
  };
}

/** The server as a process of its own, and the port it listens on. */
async function startServer(model: string, clients: number, length: number) {
  const script = join(__dirname, '..', 'examples', 'server.ts');
  const limits = ['--clients', String(clients), '--length', String(length)];
  const args = ['--import', 'tsx', script, '--model', model, '--port', '0', ...limits];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([
    once(server.stdout, 'data'),
    once(server, 'exit').then(() => Promise.reject(new Error('The server ended before it listened.'))),
  ]);
  const port = Number(/:(\d+)\s*$/.exec(String(line))?.[1]);
  const close = async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
  };
  return { port, close };
}

async function fetchText(port: number, agent: Agent, seed: number, length: number, run: Run): Promise<void> {
  let last = performance.now();
  const sent = request({ port, host: '127.0.0.1', path: '/generate', method: 'POST', agent });
  sent.end(JSON.stringify({ prompt: 'A', seed, length }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    const now = performance.now();
    (text === '' ? run.firsts : run.gaps).push(now - last);
    last = now;
    text += chunk;
  }
  if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode}: ${text}`);
  run.texts[seed] = text;
}

/** All requests, so many at once. */
async function ask(port: number, requests: number, atOnce: number, length: number): Promise<Run> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const run: Run = { texts: [], seconds: 0, gaps: [], firsts: [] };
  const waiting = Array.from({ length: requests }, (_, seed) => seed).values();
  const client = async () => {
    for (const seed of waiting) await fetchText(port, agent, seed, length, run);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, client));
  run.seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return run;
}

async function main(): Promise<void> {
  const { clients, length, hidden, rounds, json } = parseOptions();
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-bench-'));
  try {
    const [load = 0] = loadavg();
    console.log(`${cpus()[0]?.model}, ${info().kernels} kernels: LSTM of ${hidden} units, ${length} characters a text`);
    if (load > 0.5) console.log(`The machine is busy (load ${load.toFixed(1)}): the figures will say less.`);
    const characters = Array.from({ length: 65 }, (_, i) => String.fromCodePoint(0x30 + i)).join('');
    const vocabulary = Vocabulary.build(characters);
    const file = join(folder, 'model.safetensors');
    using model = LanguageModel.create({ vocabulary, cell: 'lstm', embedding: 64, hidden });
    await model.save(file);

    const server = await startServer(file, clients, length);
    const ways = new Map<number, Run[]>([clients, 1].map((atOnce) => [atOnce, []]));
    try {
      await ask(server.port, clients, clients, 16);
      for (let round = 0; round < rounds; round++) {
        for (const [atOnce, runs] of ways) runs.push(await ask(server.port, clients, atOnce, length));
      }
    } finally {
      await server.close();
    }
    const results = [...ways].map(([atOnce, runs]) => ({
      clients: atOnce,
      charactersPerSecond: quantile(
        runs.map(({ seconds }) => (clients * length) / seconds),
        0.5,
      ),
      medianGap: quantile(
        runs.flatMap(({ gaps }) => gaps),
        0.5,
      ),
      gap99: quantile(
        runs.flatMap(({ gaps }) => gaps),
        0.99,
      ),
      first99: quantile(
        runs.flatMap(({ firsts }) => firsts),
        0.99,
      ),
    }));
    const all = [...ways.values()].flat();
    const same = all.every(({ texts }) => texts.every((text, seed) => text === all[0]?.texts[seed]));
    const heading = ['clients', 'characters/s', 'ms between chunks', '99th', '99th to the first'];
    console.log(heading.map((cell) => cell.padStart(19)).join(''));
    for (const { clients: atOnce, charactersPerSecond, medianGap, gap99, first99 } of results) {
      const cells = [String(atOnce), Math.round(charactersPerSecond).toLocaleString('en')];
      for (const value of [medianGap, gap99, first99]) cells.push(value.toFixed(2));
      console.log(cells.map((cell) => cell.padStart(19)).join(''));
    }
    const times = results[0]!.charactersPerSecond / results[1]!.charactersPerSecond;
    console.log(
      `${clients} at once give ${times.toFixed(2)} times the characters, and ${same ? 'the same' : 'OTHER'} texts`,
    );
    if (!same) process.exitCode = 1;
    if (json === undefined) return;
    const machine = { processor: cpus()[0]?.model, processors: availableParallelism(), load, node: process.version };
    writeFileSync(
      json,
      `${JSON.stringify({ machine, info: info(), hidden, length, rounds, results, times, same }, null, 2)}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
