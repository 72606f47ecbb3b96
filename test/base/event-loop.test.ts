/** Training leaves the event loop free. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Random } from '../../src/base/random';
import { pickExamples, toExamples } from '../../src/data/examples';
import {
  type Callback,
  Corpus,
  type FloatTensor,
  LanguageModel,
  type Layer,
  layers,
  Model,
  type TrainingData,
  type UnrolledError,
} from '../../src/index';

const INTERVAL = 5;
/** By how much the timer may be later than that of a process that does nothing, in milliseconds, at the 99th percentile. */
const LIMIT = 20;
const SAMPLES = 600;

/** A process with such a timer and nothing else to do: as late as it is, the machine makes everybody. */
const CONTROL = `
  const values = [];
  let expected = performance.now() + ${INTERVAL};
  setInterval(() => {
    const now = performance.now();
    values.push(Math.max(0, now - expected));
    expected = now + ${INTERVAL};
  }, ${INTERVAL});
  process.on('message', () => process.send(values));
  process.send('ready');
`;

class Control {
  readonly #child = spawn(process.execPath, ['-e', CONTROL], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  async ready(): Promise<void> {
    await once(this.#child, 'message');
  }

  /** How late its timer was since it is ready, in milliseconds. */
  async values(): Promise<number[]> {
    this.#child.send('values');
    const [values] = (await once(this.#child, 'message')) as [number[]];
    return values;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] as number;
}

/** How late each tick of a timer is, in milliseconds. */
class Lateness {
  readonly values: number[] = [];
  #expected = performance.now() + INTERVAL;
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.values.push(Math.max(0, now - this.#expected));
    this.#expected = now + INTERVAL;
  }, INTERVAL);

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What is trained: epochs of many milliseconds, or such that are over before another thread would be awake. */
const TRAININGS = [
  { what: 'fit runs', lines: 800, hidden: 128 },
  { what: 'fit has epochs of microseconds', lines: 20, hidden: 4 },
];

describe('the event loop', () => {
  for (const { what, lines, hidden } of TRAININGS) {
    it(`is free while ${what}: a timer of ${INTERVAL} ms is hardly ever later by more than ${LIMIT} ms than another process's`, async () => {
      const corpus = Corpus.fromText('the quick brown fox jumps over the lazy dog.\n'.repeat(lines));
      using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden });
      const controller = new AbortController();
      using control = new Control();
      await control.ready();
      using lateness = new Lateness();
      const training = model.fit(corpus, {
        epochs: 10_000_000,
        window: 10,
        validation: 0.1,
        signal: controller.signal,
        onProgress: () => {
          if (lateness.values.length >= SAMPLES) controller.abort();
        },
      });
      await assert.rejects(
        (async () => {
          for await (const _ of training);
        })(),
        { code: 'ERR_UNROLLED_ABORTED' },
      );
      assert.ok(lateness.values.length >= SAMPLES);
      const late = percentile(lateness.values, 0.99);
      const others = percentile(await control.values(), 0.99);
      const told = `${late.toFixed(1)} ms late at the 99th percentile of ${lateness.values.length}`;
      assert.ok(late <= LIMIT + others, `${told}, another process ${others.toFixed(1)} ms`);
    }).timeout(60_000);
  }
});

/** Ids of a sequence. */
function ids(length: number): number[] {
  return Array.from({ length }, (_, i) => i % 4);
}

/** How long the last of some short sequences is: its step takes far longer than 0.5 ms, in which a run may block. */
const LONG = 20_000;

const SHORT_STEPS = 30;

/** Data whose steps are all short but the last one of an epoch. */
const LAST_IS_LONG: Record<string, (lengths: number[]) => { model: Model; data: TrainingData }> = {
  'labelled sequences': (lengths) => ({
    model: ending(layers.pooling('final'), layers.dense(2)),
    data: { inputs: lengths.map(ids), labels: lengths.map((_, i) => i % 2) },
  }),
  'tagged sequences': (lengths) => ({
    model: ending(layers.dense(4)),
    data: { inputs: lengths.map(ids), tags: lengths.map(ids) },
  }),
  'vectors with values': (lengths) => ({
    model: Model.create({ input: { kind: 'features', features: 1 }, layers: [layers.gru(4), layers.dense(1)] }),
    data: {
      inputs: lengths.map((length) => vectors(length)),
      values: lengths.map((length) => vectors(length)),
    },
  }),
  'sources of an encoder–decoder': (lengths) => ({
    model: translator(false),
    data: { sources: lengths.map(ids), targets: lengths.map(() => [1]), start: 0, end: 3 },
  }),
  'targets of an encoder–decoder': (lengths) => ({
    model: translator(false),
    data: { sources: lengths.map(() => [1]), targets: lengths.map(ids), start: 0, end: 3 },
  }),
  'pairs that attend to each other': (lengths) => ({
    model: translator(true),
    data: {
      sources: lengths.map((length) => ids(Math.min(length, 1000))),
      targets: lengths.map((length) => ids(Math.min(length, 1000))),
      ...{ start: 0, end: 3 },
    },
  }),
};

function vectors(length: number): FloatTensor {
  return { dtype: 'float32', shape: [length, 1], data: new Float32Array(length) };
}

function ending(...last: Layer[]): Model {
  return Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [layers.embedding(4), layers.gru(4), ...last] });
}

function translator(attends: boolean): Model {
  const ids = { kind: 'ids', vocabulary: 4 } as const;
  const heads = attends ? [layers.attention(['answer', 'read']), layers.dense(4)] : [layers.dense(4)];
  return Model.create({
    ...{ input: ids, source: ids },
    layers: [
      layers.embedding(4, { name: 'words', from: 'source' }),
      layers.gru(4, { name: 'read' }),
      layers.embedding(4, { from: 'input' }),
      layers.gru(4, { name: 'answer', initialState: 'read' }),
      ...heads,
    ],
  });
}

/** Counts the turns of the event loop: a run on the JavaScript thread gives it one at most. */
class Turns {
  count = 0;
  #next = setImmediate(() => this.#turn());

  #turn(): void {
    this.count++;
    this.#next = setImmediate(() => this.#turn());
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#next);
  }
}

/** Turns before each step of a training. */
async function turnsOfSteps(start: (callback: Callback) => AsyncIterable<unknown>): Promise<number[]> {
  using turns = new Turns();
  const counts: number[] = [];
  let before = 0;
  const callback = {
    everySteps: 1,
    onStep() {
      counts.push(turns.count - before);
      before = turns.count;
    },
  };
  for await (const _ of start(callback));
  return counts;
}

/** What a step off the JavaScript thread leaves room for, and one on it does not. */
const FREE = 10;

describe('a step that is far longer than the one before it', () => {
  for (const [what, make] of Object.entries(LAST_IS_LONG)) {
    it(`leaves the event loop free: ${what}`, async () => {
      const { model, data } = make([...new Array<number>(SHORT_STEPS).fill(1), LONG]);
      const counts = await turnsOfSteps((callback) =>
        model.fit(data, { epochs: 2, batch: 1, shuffle: false, callbacks: [callback] }),
      );
      for (const epoch of [0, 1]) {
        const steps = counts.slice(epoch * (SHORT_STEPS + 1), (epoch + 1) * (SHORT_STEPS + 1));
        const long = steps.pop() as number;
        assert.ok(long >= FREE, `${long} turns during the long step of epoch ${epoch}`);
        // The short ones wait for no thread to wake.
        const here = steps.filter((count) => count < FREE).length;
        assert.ok(here >= SHORT_STEPS / 2, `turns during the short steps: ${steps}`);
      }
      model.dispose();
    });
  }

  it('leaves the event loop free: documents', async () => {
    const short = new Array<string>(SHORT_STEPS).fill('ab');
    const documents = Corpus.fromDocuments([...short, 'ab'.repeat(LONG / 2)]);
    using model = LanguageModel.create({ vocabulary: documents.vocabulary, hidden: 4, cell: 'gru' });
    const counts = await turnsOfSteps((callback) =>
      model.fit(documents, { epochs: 1, batch: 1, window: LONG, callbacks: [callback] }),
    );
    assert.ok(Math.max(...counts.slice(1)) >= FREE, `turns: ${counts}`);
    assert.ok(counts.filter((count) => count < FREE).length >= SHORT_STEPS / 2, `turns: ${counts}`);
  });
});

/** Work that is over in promises alone, without a thread that anybody waits for, as far as it gives no turns itself. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  using turns = new Turns();
  await work();
  return turns.count;
}

describe('data as large as memory', () => {
  const COUNT = 400_000;
  const many = Array.from({ length: COUNT }, (_, i) => [i % 4]);
  const labels = many.map((_, i) => i % 2);
  const tags = { inputs: many, tags: many };
  const once = ending(layers.pooling('final'), layers.dense(2));
  const everywhere = ending(layers.dense(4));
  const features = Model.create({ input: { kind: 'features', features: 1 }, layers: [layers.gru(4), layers.dense(1)] });
  const one = vectors(4 * COUNT);

  for (const [what, work] of Object.entries({
    'many sequences': () => toExamples(once, { inputs: many, labels }),
    'many tags': () => toExamples(everywhere, tags),
    'one sequence': () => toExamples(once, { inputs: [ids(4 * COUNT)], labels: [1] }),
    'one sequence of vectors': () => toExamples(features, { inputs: [one], values: [one] }),
    'a source and targets': () => toExamples(translator(false), { sources: many, targets: many, start: 0, end: 3 }),
    'a random order': () => new Random(1, 2).shuffledInTurns(labels),
  })) {
    it(`is checked and copied with turns of the event loop: ${what}`, async () => {
      const turns = await turnsOf(work);
      assert.ok(turns >= 2, `${turns} turns`);
    });
  }

  it('is picked from with turns of the event loop', async () => {
    const examples = await toExamples(once, { inputs: many, labels });
    const turns = await turnsOf(() => pickExamples(examples, [...labels.keys()]));
    assert.ok(turns >= 2, `${turns} turns`);
  });

  it('is copied as it was when it was looked at, or refused', async () => {
    const inputs = Array.from({ length: COUNT }, (_, i) => [i % 4]);
    const copying = toExamples(once, { inputs, labels });
    await new Promise((resolve) => setImmediate(resolve));
    (inputs.at(-1) as number[]).length = 0;
    inputs.length = 3;
    // By whether its length had been asked for.
    const codes = ['ERR_UNROLLED_CORPUS_EMPTY', 'ERR_UNROLLED_OPTION_TYPE'];
    await assert.rejects(copying, ({ code, option = '' }: UnrolledError) => {
      return codes.includes(code) && option.startsWith(`inputs[${COUNT - 1}]`);
    });
  });
});
