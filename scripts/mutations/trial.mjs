/** The trial of one mutation in a copy: it is built, and run against the nearest tests until one fails. */
import path from 'node:path';
import { root, tool } from '../support.mjs';
import { nearestTests, usesLib } from './nearest.mjs';
import { mutated } from './sites.mjs';

/** Files of tests that one process runs: the nearest alone, then more at once, since a process takes a second to start. */
const BATCHES = [1, 3, 6, 10];

/** Seconds that a test may take which usually takes so many; whatever takes longer hangs. */
const limitOf = (tests) => 60 + 8 * tests.reduce((sum, { seconds }) => sum + seconds, 0);

function inBatches(tests) {
  const batches = [];
  for (let from = 0; from < tests.length; from += batches.at(-1).length) {
    batches.push(tests.slice(from, from + (BATCHES[batches.length] ?? BATCHES.at(-1))));
  }
  return batches;
}

/** What tells of a fault: `{ by, title, how }`, `how` being that a test failed, hung, or ended its process. */
export class Trials {
  #house;
  #graphs;
  /** Whether tests pass in a copy without a fault. */
  #sound = new Map();

  /** @param graphs `{ modules, cpp, times, budget }`, as `nearestTests` takes them. */
  constructor(house, graphs) {
    this.#house = house;
    this.#graphs = graphs;
  }

  /**
   * @param only `{ core, modules }`: tests that are known to catch it, instead of the nearest.
   * @returns `{ outcome, by, title, how }`, `outcome` being caught, survived, or refused by the compiler.
   */
  async of(mutation, copy, only) {
    const tests = { ...nearestTests(mutation.file, this.#graphs), ...only };
    copy.put(mutation.file, mutated(this.#house.get(mutation.file), mutation), mutation.id);
    try {
      const caught = await this.#catching(tests, copy);
      if (caught !== undefined)
        return caught.refused ? { outcome: 'refused' } : await this.#confirmed(caught, mutation, copy, only);
      return (await this.#passesTypes(mutation, copy)) ? { outcome: 'survived' } : { outcome: 'refused' };
    } finally {
      copy.restore();
    }
  }

  async #catching(tests, copy) {
    const sound = (list) => list.filter(({ test }) => this.#sound.get(test) !== false);
    const core = sound(tests.core);
    if (core.length > 0) {
      if (!(await copy.build('core'))) return { refused: true };
      for (const test of core) {
        const caught = await this.#coreTest(test, copy);
        if (caught !== undefined) return caught;
      }
    }
    const modules = sound(tests.modules);
    if (!tests.addon) copy.takeAddon();
    else if (modules.length > 0 && !(await copy.build('addon'))) return { refused: true };
    if (modules.length > 0 && tests.lib && !(await copy.build('lib'))) return { refused: true };
    for (const batch of inBatches(modules)) {
      const caught = await this.#mochaTests(batch, copy);
      if (caught !== undefined) return caught;
    }
    return undefined;
  }

  /** A test that fails without the fault too has caught nothing: the others are asked. */
  async #confirmed(caught, mutation, copy, only) {
    if (await this.isSound(caught.by, copy)) return { outcome: 'caught', ...caught };
    if (only !== undefined) return { outcome: 'unsound', by: caught.by };
    return this.of(mutation, copy);
  }

  /** Whether a test passes without a fault. */
  async isSound(test, copy) {
    if (!this.#sound.has(test)) {
      copy.restore();
      const one = { test, seconds: this.#graphs.times[test] ?? 10 };
      const isCore = test.endsWith('.cpp');
      if (isCore) await copy.build('core');
      else copy.takeAddon();
      this.#sound.set(test, (await (isCore ? this.#coreTest(one, copy) : this.#mochaTests([one], copy))) === undefined);
    }
    return this.#sound.get(test);
  }

  async #coreTest(one, copy) {
    const args = [`--source-file=*${one.test}`, '--abort-after=1'];
    const { code, hung, said } = await copy.run(copy.coreTests, args, { seconds: limitOf([one]) });
    if (code === 0) return undefined;
    const title = /^TEST CASE:\s+(.*)$/m.exec(said)?.[1];
    const how = hung ? 'hung' : title === undefined ? 'ended' : 'failed';
    return { by: one.test, ...(title !== undefined && { title }), how };
  }

  async #mochaTests(batch, copy) {
    const needsLib = batch.some(({ test }) => usesLib(test, this.#graphs.modules)) || copy.isForeign('lib');
    if (needsLib && !(await copy.build('lib'))) return { refused: true };
    let failed;
    const args = [
      ...[tool('mocha', 'bin', 'mocha.js'), '--no-config', '--require', 'tsx', '--timeout', '60000', '--bail'],
      ...['--reporter', path.join(root, 'scripts', 'mutations', 'reporter.cjs'), ...batch.map(({ test }) => test)],
    ];
    const { code, hung } = await copy.run(process.execPath, args, {
      seconds: limitOf(batch),
      onLine: (line) => {
        if (!line.startsWith('{"mutations":')) return false;
        const said = JSON.parse(line).mutations;
        if (said.title !== undefined) failed = said;
        return failed !== undefined;
      },
    });
    if (failed !== undefined) {
      return { by: failed.file ?? batch[0].test, title: failed.title, how: failed.hung ? 'hung' : 'failed' };
    }
    if (code === 0) return undefined;
    if (batch.length === 1) return { by: batch[0].test, how: hung ? 'hung' : 'ended' };
    for (const one of batch) {
      const caught = await this.#mochaTests([one], copy);
      if (caught !== undefined) return caught;
    }
    return undefined;
  }

  async #passesTypes({ file }, copy) {
    if (!file.endsWith('.ts')) return true;
    // The page of the report has a configuration of its own, which the build of lib knows.
    return copy.build('lib');
  }
}
