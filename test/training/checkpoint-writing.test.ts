/** Checkpoints that are written while the training goes on. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type Callback, callbacks, type FitOptions, LanguageModel, type UnrolledError } from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel, train, weights } from '../support/models';

const ROOT = `${__dirname}/../..`;

/** Renames that wait: a disk that takes its time. */
class SlowDisk {
  readonly #rename = fs.rename;
  readonly #held: (() => void)[] = [];
  begun = 0;

  constructor() {
    fs.rename = async (...paths) => {
      this.begun++;
      await new Promise<void>((resolve) => this.#held.push(resolve));
      await this.#rename(...paths);
    };
  }

  /** Lets the oldest one go on. */
  release(): void {
    this.#held.shift()?.();
  }

  [Symbol.dispose](): void {
    fs.rename = this.#rename;
    for (const resolve of this.#held) resolve();
  }
}

/** Steps made, told after each. */
function counting(): Callback & { made: number } {
  return {
    made: 0,
    onStep(_, control) {
      this.made = control.steps;
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Some turns of the event loop, in which whoever can go on does. */
async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function stepsIn(path: string): Promise<number> {
  return (await readCheckpoint(path)).record.native.steps;
}

describe('a checkpoint that is written while the training goes on', () => {
  const at = useFolder();
  const OPTIONS: FitOptions = { ...STREAM, optimizer: 'adam' };

  it('lets the next steps begin, and the next checkpoint wait; the end of fit waits for it', async () => {
    using disk = new SlowDisk();
    using model = smallModel();
    const [path, count] = [at('c'), counting()];
    let isOver = false;
    const training = model
      .fit(CORPUS, { ...OPTIONS, steps: 12, callbacks: [count, callbacks.checkpoint({ path, everySteps: 5 })] })
      .finally(() => {
        isOver = true;
      });
    await until(() => disk.begun === 1 && count.made === 10);
    await turns();
    assert.deepEqual([count.made, disk.begun, existsSync(path)], [10, 1, false]);
    disk.release();
    await until(() => disk.begun === 2);
    assert.equal(await stepsIn(path), 5);
    await until(() => count.made === 12);
    await turns();
    assert.equal(isOver, false);
    disk.release();
    await until(() => disk.begun === 3); // the end is saved too
    await turns();
    assert.deepEqual([isOver, await stepsIn(path)], [false, 10]);
    disk.release();
    await training;
    assert.equal(await stepsIn(path), 12);
    assert.deepEqual(readdirSync(at()), ['c']);
  });

  it('is of its own step, to the bit, with the state that callbacks had then', async () => {
    const counter = () => {
      const state = { seen: new Float64Array(1), list: [0] };
      return {
        name: 'counter',
        onStep() {
          (state.seen[0] as number)++;
          (state.list[0] as number)++;
        },
        getState: () => state,
        setState(kept: unknown) {
          Object.assign(state, kept);
        },
        state,
      };
    };
    const saving: Callback = {
      everySteps: 7,
      onStep: (_, control) => control.saveCheckpoint(at(`at${control.steps}`)),
    };
    using whole = smallModel();
    await train(whole, { ...OPTIONS, epochs: 2, callbacks: [counter(), saving] });
    const expected = await weights(whole);
    const files = readdirSync(at());
    assert.equal(files.length, 10);
    for (const file of files) {
      const { record } = await readCheckpoint(at(file));
      assert.equal(`at${record.native.steps}`, file);
      const { seen, list } = (record.callbacks[0] as { state: unknown }).state as {
        seen: Float64Array;
        list: number[];
      };
      assert.deepEqual([seen[0], list[0]], [record.native.steps, record.native.steps]);
      using resumed = await LanguageModel.load(at(file));
      const again = counter();
      await train(resumed, { epochs: 2, resume: at(file), callbacks: [again] });
      assert.deepEqual(await weights(resumed), expected, file);
      assert.equal(again.state.list[0], 74);
    }
  });

  it('is there when a loop is handed its epoch, and when the loop is left', async () => {
    using model = smallModel();
    const path = at('c');
    for await (const { epoch } of model.fit(CORPUS, {
      ...OPTIONS,
      epochs: 9,
      callbacks: [callbacks.checkpoint({ path })],
    })) {
      assert.equal(await stepsIn(path), 37 * (epoch + 1));
      if (epoch === 3) break;
    }
    const everySteps = at('d');
    for await (const _ of model.fit(CORPUS, {
      ...OPTIONS,
      callbacks: [callbacks.checkpoint({ path: everySteps, everySteps: 6 })],
    })) {
      break;
    }
    assert.equal(await stepsIn(everySteps), 37);
    assert.deepEqual(readdirSync(at()).sort(), ['c', 'd']);
  });

  it('is there when a signal has ended training, or when the model was disposed of', async () => {
    using disk = new SlowDisk();
    using model = smallModel();
    const control = new AbortController();
    const count = counting();
    const path = at('c');
    const options = { ...OPTIONS, epochs: 1e6, callbacks: [count, callbacks.checkpoint({ path, everySteps: 10 })] };
    const training = train(model, { ...options, signal: control.signal });
    await until(() => disk.begun === 1 && count.made === 20);
    control.abort();
    disk.release();
    await until(() => disk.begun === 2);
    disk.release();
    await assert.rejects(training, { code: 'ERR_UNROLLED_ABORTED' });
    assert.equal(await stepsIn(path), count.made);

    const other = smallModel();
    const again = train(other, { ...options, callbacks: [callbacks.checkpoint({ path: at('d'), everySteps: 10 })] });
    await until(() => disk.begun === 3);
    other.dispose();
    await turns();
    disk.release();
    await assert.rejects(again, { code: 'ERR_UNROLLED_DISPOSED' });
    assert.equal(await stepsIn(at('d')), 10);
    assert.deepEqual(readdirSync(at()).sort(), ['c', 'd']);
  });

  it('that cannot be written ends training with its step and its path, and leaves nothing', async () => {
    for (const way of ['await', 'loop'] as const) {
      mkdirSync(at('folder'));
      const path = at('folder', 'c');
      using model = smallModel();
      const closed: string[] = [];
      const all: Callback[] = [
        { everySteps: 3, onStep: () => rmSync(at('folder'), { recursive: true, force: true }) },
        callbacks.checkpoint({ path, everySteps: 4 }),
        { onClose: () => void closed.push('closed'), onAbort: () => void closed.push('aborted') },
      ];
      const training = model.fit(CORPUS, { ...OPTIONS, epochs: 1000, callbacks: all });
      const end = way === 'await' ? training.then(() => {}) : collect(training);
      await assert.rejects(end, (error: UnrolledError) => {
        assert.equal(error.code, 'ERR_UNROLLED_FILE_WRITE');
        assert.equal(error.step, 3);
        assert.equal(error.received, path);
        assert.match(
          error.message,
          /^The checkpoint of step 3 was not written: .*c cannot be written: the folder does not/,
        );
        return true;
      });
      assert.deepEqual(closed, ['closed']);
      assert.ok((await weights(model)).every(Number.isFinite));
      await train(model, { ...OPTIONS, steps: 1 });
      assert.equal(existsSync(at('folder')), false);
    }
  });

  it('that is the last of an epoch and cannot be written is told where its loop goes on', async () => {
    mkdirSync(at('folder'));
    using model = smallModel();
    const handed: number[] = [];
    const end = (async () => {
      for await (const { epoch } of model.fit(CORPUS, {
        ...OPTIONS,
        epochs: 5,
        callbacks: [callbacks.checkpoint({ path: at('folder', 'c') })],
      })) {
        handed.push(epoch);
        if (epoch === 1) rmSync(at('folder'), { recursive: true });
      }
    })();
    await assert.rejects(end, { code: 'ERR_UNROLLED_FILE_WRITE', step: 3 * 37 - 1 });
    assert.deepEqual(handed, [0, 1]);
  });

  it('is counted in what a training takes', async () => {
    using model = smallModel();
    const { bytes } = await model.estimate(CORPUS, OPTIONS);
    const saved = await model.estimate(CORPUS, { ...OPTIONS, callbacks: [callbacks.checkpoint({ path: at('c') })] });
    assert.equal(bytes.checkpoint, undefined);
    // Parameters and two moments, natively and for the file.
    assert.equal(saved.bytes.checkpoint, 2 * 3 * bytes.parameters);
    assert.equal(saved.bytes.total, bytes.total + 6 * bytes.parameters);
    assert.match(String(model.summary(saved)), /, checkpoint \d/);
    writeFileSync(at('text'), 'a text to be estimated. '.repeat(100));
    const flags = ['--hidden', '16', '--window', '8', '--batch', '4', '--estimate', '--json'];
    const { stdout } = await runCli('train', at('text'), ...flags, '--checkpoint', at('c'));
    assert.ok(JSON.parse(stdout).bytes.checkpoint > 0, stdout);
    assert.deepEqual(readdirSync(at()), ['text']);
  });

  /** A program that trains, its checkpoints going to the path that follows it. */
  function program(body: string): string {
    return `
      const { LanguageModel, Corpus, callbacks } = require(${JSON.stringify(`${ROOT}/lib/index.js`)});
      const fs = require('node:fs/promises');
      const path = process.env.CHECKPOINT;
      const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog. '.repeat(50));
      const model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 64 });
      const options = { batch: 4, window: 8, optimizer: 'adam', epochs: 1e6 };
      ${body}`;
  }

  function run(body: string): { ended: Promise<number | null>; kill(): void } {
    const child = spawn(process.execPath, ['-e', program(body)], {
      stdio: 'inherit',
      env: { ...process.env, CHECKPOINT: at('c') },
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    return { ended, kill: () => void child.kill('SIGKILL') };
  }

  it('is written at once where the process exits meanwhile', async () => {
    for (const how of ['process.exit(3)', 'setImmediate(() => { throw new Error("as wanted") })']) {
      const { ended } = run(`
        let begun = false;
        fs.rename = () => { begun = true; return new Promise(() => {}); };
        process.on('uncaughtException', () => process.exit(3));
        setInterval(() => { if (begun) { begun = false; ${how}; } }, 1);
        model.fit(corpus, { ...options, callbacks: [callbacks.checkpoint({ path, everySteps: 5 })] }).catch(() => {});
      `);
      assert.equal(await ended, 3);
      assert.equal(await stepsIn(at('c')), 5, how);
      assert.deepEqual(readdirSync(at()), ['c']);
      rmSync(at('c'));
    }
  });

  it('leaves the last whole file where the process is killed at any moment', async function () {
    this.timeout(120_000);
    let last = 0;
    for (const milliseconds of [0, 7, 19, 40, 77, 130]) {
      const { ended, kill } = run(`
        const begin = async () => {
          const resume = require('node:fs').existsSync(path) ? path : undefined;
          await model.fit(corpus, { ...options, resume, callbacks: [callbacks.checkpoint({ path, everySteps: 3 })] });
        };
        begin().catch((error) => { console.error(error); process.exit(1); });
      `);
      const before = last;
      await until(() => existsSync(at('c')) && readFileSync(at('c')).length > 0);
      await new Promise((resolve) => setTimeout(resolve, 300 + milliseconds));
      kill();
      assert.equal(await ended, null);
      last = await stepsIn(at('c'));
      assert.ok(last >= before && last % 3 === 0, `${before} ${last}`);
    }
    assert.ok(last > 0);
  });

  it('is waited for where a worker ends', async () => {
    const body = `
      const rename = fs.rename;
      fs.rename = async (...paths) => { await new Promise((resolve) => setTimeout(resolve, 100)); await rename(...paths); };
      void model.fit(corpus, { ...options, epochs: undefined, steps: 5, callbacks: [callbacks.checkpoint({ path, everySteps: 5 })] }).then();`;
    const worker = new Worker(program(body), { eval: true, env: { ...process.env, CHECKPOINT: at('c') } });
    assert.equal(await new Promise((resolve) => worker.on('exit', resolve)), 0);
    assert.equal(await stepsIn(at('c')), 5);
    assert.deepEqual(readdirSync(at()), ['c']);
  });
});
