/** What the fuzzers of the TypeScript side share: how long they run, and what counts as a finding. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type ErrorCode, UnrolledError } from '../../src/index';

/** Where the case that runs is written down, for the fuzzer that does not live to tell of it. */
const CASES = resolve(__dirname, '..', '..', 'build', 'fuzz');

/** The command line, read before a fuzzer may change it. */
const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string' },
    'cpu-seconds': { type: 'string' },
    seed: { type: 'string' },
    all: { type: 'boolean' },
  },
});

/** A case that takes longer, in milliseconds, hangs. */
const PATIENCE = 30_000;

/** The code of an error that may come; everything else is a finding. */
export function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof UnrolledError) || error.code === 'ERR_UNROLLED_INTERNAL') throw error;
  return error.code;
}

/** Runs a call that may give a result or a coded error. */
export async function outcome<T>(call: () => T | Promise<T>): Promise<{ value: Awaited<T> } | { code: ErrorCode }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { code: codeOf(error) };
  }
}

/** A folder that goes with the process. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-fuzz-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the process has computed so far, in seconds. */
function cpuSeconds(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1e6;
}

/** The runs of one fuzzer, with what they found. */
class Fuzzer<T> {
  readonly #name: string;
  readonly #values: fc.Arbitrary<T>;
  readonly #property: (value: T) => Promise<void>;
  readonly #lastCase: string;
  readonly #findings = new Map<string, string>();
  #cases = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, values: fc.Arbitrary<T>, property: (value: T) => Promise<void>) {
    this.#name = name;
    this.#values = values;
    this.#property = property;
    mkdirSync(CASES, { recursive: true });
    this.#lastCase = join(CASES, `${name}.last.txt`);
  }

  /** Cases of one seed until the time is up, in seconds. */
  async round(seed: number, seconds: number): Promise<void> {
    const checked = fc.asyncProperty(this.#values, async (value) => {
      this.#cases++;
      writeFileSync(this.#lastCase, `seed ${seed}\n${fc.stringify(value)}\n`);
      this.#running = this.#property(value).catch((error: Error) => this.#note(error, value));
      await this.#running;
    });
    const settings = { seed, numRuns: Number.MAX_SAFE_INTEGER, timeout: PATIENCE };
    const details = await fc.check(checked, { ...settings, interruptAfterTimeLimit: seconds * 1000 });
    // A round that was over before its first case is no finding.
    if (details.counterexample !== null) {
      throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
    }
    // The time was up in the midst of a case.
    await this.#running;
  }

  /** A finding ends the round, unless all are asked for. */
  #note(error: Error, value: T): void {
    if (given.all !== true) throw error;
    const place = /\n.*?(?:src|binding)\/.*/.exec(error.stack ?? '')?.[0].trim() ?? '';
    this.#findings.set(`${error.name} ${place}`, `${error.message}\n${fc.stringify(value)}`);
  }

  tell(): void {
    rmSync(this.#lastCase, { force: true });
    for (const [where, what] of this.#findings) console.log(`${where}: ${what}\n`);
    const found = this.#findings.size === 0 ? 'no finding' : `${this.#findings.size} findings`;
    console.log(`${this.#name}: ${found} in ${this.#cases} cases and ${cpuSeconds().toFixed(0)} CPU-seconds`);
    if (this.#findings.size > 0) process.exitCode = 1;
  }
}

/** Seconds of one round; each has a seed of its own. */
const ROUND = 10;

/**
 * Runs a property on values of the arbitrary for as long as the command line says: `--seconds 30` or, of computing,
 * `--cpu-seconds 600`; from `--seed 1` on. A finding is shrunk, shown with its seed, and ends the process with status 1;
 * with `--all` it goes on, and lists one for each place in the sources.
 */
export async function fuzz<T>(
  name: string,
  values: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
): Promise<void> {
  const fuzzer = new Fuzzer(name, values, property);
  const until =
    performance.now() + 1000 * Number(given.seconds ?? (given['cpu-seconds'] === undefined ? 30 : Infinity));
  const budget = Number(given['cpu-seconds'] ?? Infinity);
  const seed = Number(given.seed ?? Date.now() % 2 ** 31);
  console.log(`${name}: from seed ${seed} on`);
  try {
    for (let round = 0; performance.now() < until && cpuSeconds() < budget; round++) {
      await fuzzer.round(seed + round, Math.min(ROUND, (until - performance.now()) / 1000));
    }
    fuzzer.tell();
  } catch (error) {
    // Past what a fuzzer may have put in the place of the streams.
    writeSync(2, error instanceof Error ? `${error.message}\n${(error.cause as Error)?.stack ?? ''}\n` : String(error));
    process.exit(1);
  }
}
