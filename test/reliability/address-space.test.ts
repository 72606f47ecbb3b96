/**
 * Under limits of address space and of data (`ulimit -v`, `ulimit -d`): OpenBLAS asks for a buffer for ever where it is
 * given none. Every call either works or ends with a code, and works again once there is room.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { IS_LONG, requireEnd, runProgram } from '../support/program';

/** What programs begin with: limits beyond what the process has, and how a call ends. */
const LIMITS = `
  const { execFileSync } = require('node:child_process');
  const { readFileSync } = require('node:fs');
  const FIELDS = { as: 'VmSize', data: 'VmData' };
  /** Leaves this process so many megabytes more than it has; without them all there are. */
  const leave = (megabytes, kind = 'as') => {
    const taken = 2 ** 10 * Number(new RegExp(FIELDS[kind] + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    const soft = megabytes === undefined ? 'unlimited' : taken + megabytes * 2 ** 20;
    execFileSync('prlimit', ['--pid', String(process.pid), '--' + kind + '=' + soft + ':']);
  };
  const outcome = async (call) => {
    try {
      return (await call()) ?? 'works';
    } catch (error) {
      return error.code ?? error.stack;
    }
  };`;

/** Of a buffer of 128 MB, and of what must be left beside it. */
const TOO_LITTLE = 100;
const ONE_BUFFER = 300;

/** Calls that multiply by OpenBLAS: \`prepare\` has no part in that, \`call\` has. */
const WORK: Record<string, { prepare: string; call: string; env?: Record<string, string> }> = {
  training: {
    prepare: 'const model = create(); await model.parameters();',
    call: 'for await (const { loss } of model.fit(corpus, { batch: 16, window: 32, steps: 2 })) return loss;',
  },
  'training in 64-bit floats': {
    prepare: "const model = create({ dtype: 'float64' }); await model.parameters();",
    call: 'for await (const { loss } of model.fit(corpus, { batch: 16, window: 32, steps: 2 })) return loss;',
  },
  evaluation: {
    prepare: 'const model = create(); await model.parameters();',
    call: 'return (await model.evaluate(corpus, { batch: 16, window: 32 })).loss;',
  },
  'scores of texts': {
    prepare: 'const model = create(); await model.parameters();',
    call: "return (await model.score('the quick brown fox jumps over the lazy dog. '.repeat(9))).logProbability;",
  },
  'a prediction': {
    prepare: `
      const model = Model.create({
        input: { kind: 'ids', vocabulary: 9 },
        layers: [layers.embedding(64), layers.lstm(64), layers.dense(64)],
      });
      await model.parameters();`,
    call: 'return (await model.predict([Array.from({ length: 200 }, (_, i) => i % 9)])).data[100];',
  },
  gradients: {
    prepare: `
      const model = Model.create({
        input: { kind: 'features', features: 64 },
        layers: [layers.gru(64), layers.dense(64)],
      });
      await model.parameters();
      const features = { dtype: 'float32', shape: [64, 8, 64], data: new Float32Array(64 * 8 * 64).fill(0.1) };`,
    call: `
      const targets = { dtype: 'int32', shape: [64, 8], data: new Int32Array(64 * 8) };
      return (await model.gradients({ features }, { targets })).loss;`,
  },
  'an attention': {
    prepare: `
      const ids = { kind: 'ids', vocabulary: 9 };
      const model = Model.create({
        ...{ input: ids, source: ids },
        layers: [
          layers.embedding(4, { name: 'words', from: 'source' }),
          layers.gru(4, { name: 'read' }),
          layers.embedding(4, { from: 'input' }),
          layers.gru(4, { name: 'answer', initialState: 'read' }),
          layers.attention(['answer', 'read']),
          layers.dense(9),
        ],
      });
      await model.parameters();`,
    call: 'return (await model.decode([[1, 2, 3]], { start: 0, end: 8 }))[0].length;',
  },
  'orthogonal weights': {
    prepare: '',
    call: "await create({ hidden: 200, initializer: { kind: 'orthogonal' } }).parameters();",
  },
  'a training by OpenBLAS alone': {
    prepare: 'const model = create({ hidden: 32 }); await model.parameters();',
    call: 'for await (const { loss } of model.fit(corpus, { batch: 2, window: 8, steps: 2 })) return loss;',
    env: { UNROLLED_KERNELS: 'blas' },
  },
};

const hasLimits = spawnSync('prlimit', ['--version']).status === 0;

describe('a limit of address space', function () {
  this.timeout(600_000);
  before(function () {
    if (!hasLimits) this.skip();
  });

  for (const [what, { prepare, call, env = {} }] of Object.entries(WORK)) {
    it(`is an error with a code for ${what}, which works where there is room`, async () => {
      for (const kind of ['as', 'data']) {
        const output = await requireEnd(
          `${LIMITS}
          ${prepare}
          const call = async () => { ${call} };
          leave(${TOO_LITTLE}, '${kind}');
          console.log(await outcome(call));
          leave(undefined, '${kind}');
          console.log(await outcome(call));`,
          { env },
        );
        assert.match(output, /^ERR_UNROLLED_OUT_OF_MEMORY\n(works|-?[\d.]+)\n$/, `${kind}: ${output}`);
      }
    });
  }

  it('that holds one buffer serves many threads, to the same bits', async () => {
    const losses = await Promise.all(
      ['', `leave(${ONE_BUFFER});`].map((limit) =>
        requireEnd(`${LIMITS}
          const models = [1, 2, 3].map((seed) => create({ seed }));
          for (const model of models) await model.parameters();
          ${limit}
          const losses = models.map(async (model) => {
            for await (const { loss } of model.fit(corpus, { batch: 64, window: 16, steps: 6 })) return loss;
          });
          console.log((await Promise.all(losses)).join());`),
      ),
    );
    assert.match(losses[0] as string, /^[\d.]+,[\d.]+,[\d.]+\n$/);
    assert.equal(losses[1], losses[0]);
  });

  it('is an error with a code in a worker, and the main thread goes on', async () => {
    const output = await requireEnd(`${LIMITS}
      const worker = startWorker(\`
        const model = create();
        await model.parameters();
        parentPort.postMessage('ready');
        await new Promise((go) => parentPort.once('message', go));
        let code = 'none';
        try { for await (const _ of model.fit(corpus, { steps: 2 })); } catch (error) { code = error.code; }
        parentPort.postMessage(code);\`);
      const message = () => new Promise((resolve) => worker.once('message', resolve));
      await message();
      leave(${TOO_LITTLE});
      worker.postMessage('go');
      console.log(await message());
      leave();
      for await (const _ of create().fit(corpus, { steps: 2 }));`);
    assert.equal(output, 'ERR_UNROLLED_OUT_OF_MEMORY\n');
  });

  it('is an error with a code where no thread can be made', async () => {
    const output = await requireEnd(
      `${LIMITS}
      unrolled.info();
      leave(${TOO_LITTLE});
      const parameters = async () => { await create().parameters(); };
      let advice = 'none';
      const advised = async () => { try { await parameters(); } catch (error) { advice = error.message; throw error; } };
      const calls = await Promise.all([outcome(advised), outcome(parameters)]);
      leave();
      console.log(calls.join(), await outcome(parameters));
      console.log(advice);`,
      // Threads whose stacks take more than is left, in kilobytes.
      { runner: ['sh', '-c', `ulimit -s ${2 * 2 ** 10 * TOO_LITTLE} && exec "$@"`, 'sh'] },
    );
    const [outcomes, advice] = output.split('\n') as [string, string];
    assert.equal(outcomes, 'ERR_UNROLLED_OUT_OF_MEMORY,ERR_UNROLLED_OUT_OF_MEMORY works');
    assert.match(advice, /no more threads\. Ask for fewer .*UNROLLED_THREADS.*, or raise its limits \(ulimit -u/);
  });

  it('is an error with a code where JavaScript gets no array, and says what to do', async () => {
    const output = await requireEnd(`${LIMITS}
      const model = Model.create({
        input: { kind: 'features', features: 1 },
        layers: [layers.rnn(2), layers.pooling('last'), layers.dense(1)],
      });
      const count = 2 ** 25;
      // As large as the array that it is copied to.
      const data = new Float32Array(count);
      const inputs = { dtype: 'float32', shape: [count, 1, 1], data };
      await model.parameters();
      leave(${TOO_LITTLE});
      try {
        await model.predict(inputs);
      } catch (error) {
        console.log(error.code, error.message);
      }`);
    assert.match(
      output,
      /^ERR_UNROLLED_OUT_OF_MEMORY There is not enough memory for \d+ elements of \w+\. Process less at a time .*ulimit -v/,
    );
  });

  it('is an error with a code where the native module does not fit', async () => {
    const output = await requireEnd(
      `${LIMITS}
      const unrolled = require(PACKAGE);
      const corpus = unrolled.Corpus.fromText('abc');
      const { addonPath } = require(require('node:path').join(PACKAGE, '..', 'native', 'load.js'));
      leave(require('node:fs').statSync(addonPath()).size / 2 ** 21);
      console.log(await outcome(() => { unrolled.LanguageModel.create({ vocabulary: corpus.vocabulary }); }));`,
      { bare: true },
    );
    assert.equal(output, 'ERR_UNROLLED_OUT_OF_MEMORY\n');
  });

  it('that holds one buffer leaves a training that can be aborted', async () => {
    const output = await requireEnd(`${LIMITS}
      const model = create();
      await model.parameters();
      leave(${ONE_BUFFER});
      const controller = new AbortController();
      console.log(await outcome(() => trainForever(model, () => controller.abort(), { signal: controller.signal })));`);
    assert.equal(output, 'ERR_UNROLLED_ABORTED\n');
  });

  it('ends a training that it comes to in its midst with a code, or lets it go on', async () => {
    const output = await requireEnd(`${LIMITS}
      const model = create();
      let steps = 0;
      const result = await outcome(async () => {
        await trainForever(model, ({ firstStep, losses }) => {
          if (steps === 0) leave(1);
          steps = firstStep + losses.length;
          if (steps > 60) throw Object.assign(new Error(), { code: 'went on' });
        });
      });
      leave();
      console.log(result);`);
    assert.match(output, /^(went on|ERR_UNROLLED_OUT_OF_MEMORY)\n$/);
  });
});

/** How Node.js ends itself for lack of memory: by these signals, with V8's words, or without any of libuv's. */
const NODES_SIGNALS: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];
const NODES_WORDS = /^$|Fatal process out of memory|Fatal process OOM|FATAL ERROR|# Fatal/i;

describe('ulimit', function () {
  this.timeout(3_600_000);
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
  const text = join(folder, 'text.txt');
  before(function () {
    if (!hasLimits) this.skip();
    writeFileSync(text, 'the sea and the night, a wind of stone. '.repeat(900));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const main = resolve(__dirname, '..', '..', 'lib', 'cli', 'main.js');
  const COMMANDS = {
    train: ['train', text, '--hidden', '128', '--steps', '3', '--threads', '4', '--out', join(folder, 'model')],
    bench: ['bench', '--hidden', '128', '--seconds', '0.1', '--threads', '4'],
  };
  /** Kilobytes, from less than Node.js itself needs to more than all of it does. */
  const KILOBYTES = {
    '-v': IS_LONG
      ? Array.from({ length: 29 }, (_, i) => 700_000 + 50_000 * i)
      : [1_000_000, 1_150_000, 1_250_000, 1_400_000],
    '-d': IS_LONG ? Array.from({ length: 20 }, (_, i) => 50_000 + 25_000 * i) : [150_000, 250_000],
  };

  for (const [name, command] of Object.entries(COMMANDS)) {
    for (const [option, limits] of Object.entries(KILOBYTES)) {
      it(`${option} lets ${name} work, or end with a code`, async () => {
        const outcomes: string[] = [];
        // A bench takes its time.
        for (const limit of IS_LONG || name !== 'bench' ? limits : limits.slice(-1)) {
          const { status, signal, stderr } = await runProgram(
            `process.argv = [process.execPath, ...${JSON.stringify([main, ...command])}]; require(${JSON.stringify(main)});`,
            {
              runner: ['sh', '-c', `ulimit -c 0; ulimit ${option} ${limit} && exec "$@"`, 'sh'],
              bare: true,
            },
          );
          const code = /\((ERR_UNROLLED_\w+)\)\n$/.exec(stderr)?.[1];
          const isNodes = NODES_SIGNALS.includes(signal) && NODES_WORDS.test(stderr);
          const isOurs = status === 0 || (status === 1 && code === 'ERR_UNROLLED_OUT_OF_MEMORY');
          const judged = isOurs ? 'ours' : isNodes ? "Node's" : 'WRONG';
          outcomes.push(`${limit}: ${judged} ${signal ?? status} ${code ?? stderr}`);
        }
        const shown = outcomes.join('\n');
        assert.doesNotMatch(shown, /WRONG/);
        assert.match(outcomes.at(-1) as string, IS_LONG ? /ours 0/ : /ours/, shown);
      });
    }
  }
});
