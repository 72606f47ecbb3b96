/** The process, a worker or a model ends while work runs, in every order: no signal, no hang, no word too many. */

import assert from 'node:assert/strict';
import { IS_LONG, requireEnd, runProgram } from '../support/program';

const TERMINATIONS = IS_LONG ? 50 : 8;
const ROUNDS = IS_LONG ? 20 : 2;

/** What a worker does when it is terminated. */
const WORK = {
  trains: `
    let first = true;
    await trainForever(create(), () => { if (first) parentPort.postMessage(1); first = false; });`,
  'draws texts': `
    const model = create();
    const draw = async (seed) => { for await (const _ of model.stream('the', { length: 1e6, seed })) if (seed === 0) parentPort.postMessage(1); };
    await Promise.all([0, 1, 2, 3].map(draw));`,
  'evaluates, saves and makes models': `
    const model = create();
    for (;;) {
      const calls = [model.evaluate(corpus), model.parameters(), create().sample('the')];
      parentPort.postMessage(1);
      await Promise.all(calls);
    }`,
};

/** Programs that end on their own, with status 0. Each says `reached` where it is about to. */
const ENDINGS: Record<string, string> = {
  'process.exit in a progress handler of fit': `
    await trainForever(create(), () => { console.log('reached'); process.exit(0); });`,

  'process.exit from a timer while fit runs': `
    setTimeout(() => { console.log('reached'); process.exit(0); }, 30);
    await trainForever(create());`,

  'process.exit right after fit was started': `
    trainForever(create());
    setImmediate(() => { console.log('reached'); process.exit(0); });`,

  'process.exit with trainings of five models': `
    let running = 5;
    for (let i = 0; i < 5; i++) {
      let first = true;
      trainForever(create({ cell: ['rnn', 'gru', 'lstm'][i % 3], seed: i }), () => {
        if (first && --running === 0) { console.log('reached'); process.exit(0); }
        first = false;
      });
    }`,

  'process.exit while 20 streams are drawn beside a training': `
    const model = create();
    let texts = 0;
    const draw = async (seed) => {
      for await (const _ of model.stream('the ', { length: 1e6, seed })) {
        if (++texts === 100) { console.log('reached'); process.exit(0); }
      }
    };
    trainForever(model);
    await Promise.all(Array.from({ length: 20 }, (_, seed) => draw(seed)));`,

  'process.exit while a model is evaluated, scored, searched and saved': `
    const model = create();
    model.evaluate(corpus); model.score('the quick brown fox'.repeat(100)); model.beam('the', { beams: 8, length: 1e5 });
    setTimeout(() => { console.log('reached'); process.exit(0); }, 20);
    for (;;) await model.parameters();`,

  'process.exit in a promise of the model': `
    const model = create();
    await model.sample('the', { length: 10 });
    model.parameters().then(() => { console.log('reached'); process.exit(0); });
    await trainForever(model);`,

  'process.exit in an exit handler, with work that was started in another': `
    const model = create();
    process.on('exit', () => { trainForever(model); });
    process.on('exit', () => { console.log('reached'); process.exit(0); });
    trainForever(model, () => process.exit(0));`,

  'an uncaught throw in a progress handler': `
    process.on('unhandledRejection', (error) => { console.log('reached', error.message); process.exit(0); });
    await trainForever(create(), () => { throw new Error('mine'); });`,

  'an uncaught throw beside fit': `
    process.on('uncaughtException', (error) => { console.log('reached', error.message); process.exit(0); });
    setTimeout(() => { throw new Error('mine'); }, 20);
    await trainForever(create());`,

  'a training whose iterator nobody reads': `
    const training = create().fit(corpus, { ...FOREVER, epochs: 1 });
    training.next();
    console.log('reached');`,

  'a model that is disposed of in fit, by its own progress handler': `
    const model = create();
    await trainForever(model, () => model.dispose()).catch((error) => console.log('reached', error.code));`,

  'a model that is disposed of twice while calls wait': `
    const model = create();
    const calls = [trainForever(model), model.sample('the', { length: 1e6 }), model.evaluate(corpus), model.parameters()];
    await new Promise((resolve) => setTimeout(resolve, 20));
    model.dispose();
    model.dispose();
    const codes = (await Promise.allSettled(calls)).map(({ status, reason }) => reason?.code ?? status);
    console.log('reached', codes.join());`,

  'models that the collector takes while they train': `
    let pieces = 0;
    const start = () => { create().fit(corpus, { ...FOREVER, epochs: 3, onProgress: () => { pieces++; gc(); } }).next(); };
    for (let i = 0; i < 4; i++) start();
    const timer = setInterval(() => {
      gc();
      if (pieces >= 8) { clearInterval(timer); console.log('reached'); }
    }, 1);`,

  'iterators that the collector takes between two epochs': `
    const start = async () => { await create().fit(corpus, FOREVER).next(); };
    for (let i = 0; i < 4; i++) { await start(); gc(); await new Promise(setImmediate); }
    console.log('reached');`,

  'a collection in every handler, with an abort and a model that is dropped': `
    const start = async () => {
      const control = new AbortController();
      const model = create();
      await trainForever(model, () => { gc(); control.abort(); }, { signal: control.signal }).catch(({ code }) => code);
    };
    for (let i = 0; i < 5; i++) await start();
    gc();
    await new Promise(setImmediate);
    console.log('reached');`,

  'the main thread ending first, by process.exit': `
    let ready = 0;
    for (let i = 0; i < 3; i++) {
      startWorker(TRAINS).on('message', () => { if (++ready === 3) { console.log('reached'); process.exit(0); } });
    }
    await trainForever(create());`,

  'the main thread ending first, with nothing left to do': `
    const worker = startWorker(TRAINS);
    worker.once('message', () => { worker.unref(); console.log('reached'); });`,

  'process.exit in a worker that trains': `
    startWorker('await trainForever(create(), () => process.exit(7))').on('exit', (status) => console.log('reached', status));
    for await (const _ of create().fit(corpus, { ...FOREVER, epochs: 2 }));`,

  'an uncaught throw in a worker that trains': `
    const worker = startWorker("setTimeout(() => { throw new Error('mine'); }, 30); await trainForever(create());");
    worker.on('error', (error) => console.log('reached', error.message));`,

  'a worker whose heap is full while it trains': `
    const script = "const all = []; await trainForever(create(), () => { for (;;) all.push(new Array(1e5).fill({})); });";
    const worker = startWorker(script, { resourceLimits: { maxOldGenerationSizeMb: 64 } });
    worker.on('error', (error) => console.log('reached', error.code));`,

  'a signal that aborts fit': `
    const control = new AbortController();
    process.on('SIGTERM', () => control.abort());
    let first = true;
    const onProgress = () => { if (first) process.kill(process.pid, 'SIGTERM'); first = false; };
    await trainForever(create(), onProgress, { signal: control.signal }).catch(({ code }) => console.log('reached', code));`,

  'a signal whose handler calls process.exit': `
    process.on('SIGINT', () => { console.log('reached'); process.exit(0); });
    await trainForever(create(), () => process.kill(process.pid, 'SIGINT'));`,
};

describe('tear-down', function () {
  this.timeout(600_000);

  for (const [name, body] of Object.entries(ENDINGS)) {
    it(`is clean: ${name}`, async () => {
      assert.match(await requireEnd(body, { nodeArguments: ['--expose-gc'] }), /^reached/m);
    });
  }

  it(`is clean: process.exit while OpenBLAS multiplies, ${TERMINATIONS} times`, async () => {
    const body = `
      let steps = 0;
      await trainForever(create({ hidden: 128 }), () => { if (++steps === 3) { console.log('reached'); process.exit(0); } });`;
    for (let i = 0; i < TERMINATIONS; i++) {
      assert.match(await requireEnd(body, { env: { UNROLLED_KERNELS: 'blas' } }), /^reached/m);
    }
  });

  for (const [what, work] of Object.entries(WORK)) {
    it(`is clean: a worker terminated while it ${what}, ${TERMINATIONS} times`, async () => {
      const program = `
        for (let i = 0; i < ${TERMINATIONS}; i++) {
          const worker = startWorker(${JSON.stringify(work)});
          await new Promise((resolve) => worker.once('message', resolve));
          // At once, and at other moments of its work.
          if (i % 2 === 1) await new Promise((resolve) => setTimeout(resolve, i));
          await worker.terminate();
        }
        // The package is as good as new.
        for await (const { loss } of create().fit(corpus, { ...FOREVER, epochs: 1 })) console.log('reached', loss > 0);`;
      assert.match(await requireEnd(program), /^reached true/m);
    });
  }

  it(`is clean: workers terminated before they have loaded, ${TERMINATIONS} times`, async () => {
    const program = `
      for (let i = 0; i < ${TERMINATIONS}; i++) {
        const worker = startWorker(TRAINS);
        await new Promise((resolve) => worker.once('online', resolve));
        await new Promise((resolve) => setTimeout(resolve, 3 * i));
        await worker.terminate();
      }
      console.log('reached');`;
    assert.match(await requireEnd(program), /^reached/m);
  });

  it(`is clean: two workers that load at once, and not the main thread, ${ROUNDS} times`, async () => {
    // The first to load it in this process.
    const program = `
      const { Worker } = require('node:worker_threads');
      const script = "const { Corpus, LanguageModel } = require(" + JSON.stringify(PACKAGE) + ");" +
        "LanguageModel.create({ vocabulary: Corpus.fromText('abc').vocabulary }).parameters()" +
        ".then(() => require('node:worker_threads').parentPort.postMessage('loaded'));";
      const start = () => new Promise((resolve, reject) => {
        let heard = '';
        new Worker(script, { eval: true }).on('message', (text) => { heard = text; }).on('error', reject)
          .on('exit', (status) => resolve(heard + status));
      });
      Promise.all([start(), start()]).then((all) => console.log('reached', all.join()));`;
    for (let round = 0; round < ROUNDS; round++) {
      assert.equal(await requireEnd(program, { bare: true }), 'reached loaded0,loaded0\n');
    }
  });

  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`ends by ${name} as any process does, where nobody listens`, async () => {
      const { status, signal, stderr } = await runProgram(
        `await trainForever(create(), () => console.log('trains'));`,
        {
          onStart: (child) => child.stdout?.once('data', () => child.kill(name)),
        },
      );
      assert.deepEqual({ status, signal, stderr }, { status: null, signal: name, stderr: '' });
    });
  }

  it('lets children be spawned and forked while the pool runs, and gives the same bits', async () => {
    const program = `
      const { execFileSync, fork, spawn } = require('node:child_process');
      const node = process.execPath;
      const losses = async (onProgress) => {
        const all = [];
        for await (const { stepLosses } of create().fit(corpus, { ...FOREVER, epochs: 2, onProgress })) all.push(...stepLosses);
        return all.join();
      };
      const alone = await losses(() => {});
      const ends = [];
      const start = (child) => ends.push(new Promise((resolve) => child.on('exit', (...end) => resolve(end.join()))));
      let rounds = 0;
      const disturbed = await losses(() => {
        if (++rounds > 3) return;
        execFileSync(node, ['-e', '0']);
        start(spawn(node, ['-e', '0']));
        // A child that trains on its own, from within the training.
        start(fork('-', [], { execArgv: ['-e', PRELUDE + "create().sample('the').then(() => {});"] }));
      });
      for (const end of await Promise.all(ends)) if (end !== '0,') console.log('ended', end);
      console.log('reached', ends.length > 0, alone === disturbed);`;
    assert.equal(await requireEnd(program), 'reached true true\n');
  });
});
