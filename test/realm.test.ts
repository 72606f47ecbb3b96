/**
 * Other realms: whoever calls the package from a sandbox gives it arrays, maps and signals of foreign classes; a package that
 * was loaded in a sandbox gets them from Node.js and from its own native module.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as unrolled from '../src/index';
import { useFolder } from './support/folder';
import { loadIn, newRealm, runIn } from './support/sandbox';

const ROOT = resolve(__dirname, '..');

/** Two sequences of two features with labels, a model for them, and its training. */
const PRELUDE = `
  const { tensor, layers, callbacks } = U;
  const create = () => U.Model.create({
    input: { kind: 'features', features: 2 },
    layers: [layers.gru(3), layers.pooling('last'), layers.dense(1)],
  });
  const vector = (...values) => ({ dtype: 'float32', shape: [1, values.length], data: new Float32Array(values) });
  const data = { inputs: [vector(1, 2), vector(3, 4)], labels: new Uint8Array([0, 1]) };
  const train = (model, options) => U.collect(model.fit(data, { epochs: 2, learningRate: 0.01, ...options }));
  const copy = (tensors) => Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, data }]) =>
    [name, { dtype, shape: [...shape], data: new Float32Array([...data]) }]));
`;

/** What a sandbox gives, by what it is. */
const ARGUMENTS = {
  'features and states': `const model = create();
    const { states } = await model.forward({ features: { ...vector(1, 2), shape: [1, 1, 2] } });
    await model.forward({ features: { ...vector(1, 2), shape: [1, 1, 2] }, states: copy(states) });`,
  parameters: 'const model = create(); await model.setParameters(copy(await model.parameters()));',
  'what is differentiated': `const gradOutput = { dtype: 'float64', shape: [1, 1, 1], data: new Float64Array([1]) };
    await create().gradients({ features: { ...vector(1, 2), shape: [1, 1, 2] } }, { gradOutput });`,
  'a map of vectors': `U.embeddingMatrix(['', 'a'], { dimensions: 2, vectors: new Map([['a', new Float32Array([1, 2])]]) });`,
  'labels and values': `await train(create());
    await U.collect(create().fit({ inputs: data.inputs, values: new Float64Array([0, 1]) }, { epochs: 1 }));`,
  'ids in lists, joined and as a tensor': `
    const model = U.Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: [layers.embedding(2), layers.gru(3), layers.dense(4)] });
    await model.predict([new Uint16Array([1, 2]), new Int32Array([3])]);
    await model.predict({ ids: new Int32Array([1, 2, 3]), offsets: new Int32Array([0, 2, 3]) });
    await model.predict({ dtype: 'int32', shape: [1, 2], data: new Int32Array([1, 2]) });`,
  'tensors of every type': `for (const [dtype, Type] of Object.entries({
      float32: Float32Array, float64: Float64Array, int8: Int8Array, int16: Int16Array,
      int32: Int32Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array,
    })) {
      const one = { dtype, shape: [2], data: new Type([1, 2]) };
      if (!tensor.allClose(one, tensor.from([1, 2], dtype)) || tensor.argMax(one).data[0] !== 1) throw Error(dtype);
    }`,
  'a record of a report': `await U.report.writeReport(path, { title: 'A report', steps: { loss: new Float64Array([1]) } });`,
  'ids that a report looks into': `const { vocabulary } = U.Corpus.fromText('abcabc');
    const model = U.LanguageModel.create({ vocabulary, hidden: 4 });
    await U.report.inspect(model, new Int32Array([0, 1, 2]));`,
  'a signal of a class of its own': `const listeners = new Set();
    const signal = {
      aborted: false, reason: undefined,
      addEventListener: (type, listener) => listeners.add(listener),
      removeEventListener: (type, listener) => listeners.delete(listener),
    };
    const onStep = () => { signal.aborted = true; for (const listener of listeners) listener.call(signal); };
    try {
      await train(create(), { epochs: 1e6, signal, callbacks: [{ everySteps: 3, onStep }] });
    } catch (error) {
      if (error.code === 'ERR_UNROLLED_ABORTED' && error.name === 'AbortError' && listeners.size === 0) return;
      throw error;
    }
    throw Error('not aborted');`,
  'arrays in the state of a callback': `const state = { best: new Float32Array([1, 2]), seen: new Int32Array([3]) };
    let kept;
    const remembers = { name: 'remembers', getState: () => state, setState: (given) => { kept = given; } };
    const checkpoint = callbacks.checkpoint({ path });
    await train(create(), { callbacks: [remembers, checkpoint] });
    await train(create(), { epochs: 3, resume: path, callbacks: [remembers, checkpoint] });
    if (String([kept.best, kept.seen]) !== '1,2,3' || kept.best.length !== 2) throw Error('other state');`,
  'words and texts that are iterated over': `await U.readWordVectors(path, { words: new Set(['a']) }).catch((error) => {
      if (error.code !== 'ERR_UNROLLED_FILE_NOT_FOUND') throw error;
    });
    await U.TextVectorizer.adapt((function* () { yield 'a b'; })());`,
};

describe('a caller in another realm', () => {
  const at = useFolder();
  const run = (body: string) => runIn(newRealm({ U: unrolled, path: at('file') }), PRELUDE + body);

  for (const [what, body] of Object.entries(ARGUMENTS)) it(`may give ${what}`, () => run(body));

  it('gets errors by code and name, whatever its own classes are', async () => {
    const found = await run(`
      const found = [];
      const note = ({ code, name }) => found.push(name + ' ' + code);
      const faults = [
        () => U.Model.create({ hidden: 3 }),
        () => create().fit({ inputs: data.inputs, label: [0, 1] }).next(),
        () => create().fit(new Map()).next(),
        () => create().predict([new DataView(new ArrayBuffer(8))]),
        () => create().predict(data.inputs, { signal: { aborted: false } }),
        () => tensor.argMax({ dtype: 'float32', shape: [1], data: new Float64Array(1) }),
        () => U.Model.load(path),
      ];
      for (const fault of faults) try { await fault(); } catch (error) { note(error); }
      return found.join('\\n');`);
    assert.deepEqual(String(found).split('\n'), [
      'TypeError ERR_UNROLLED_UNKNOWN_OPTION',
      'TypeError ERR_UNROLLED_UNKNOWN_OPTION',
      'TypeError ERR_UNROLLED_OPTION_TYPE',
      'TypeError ERR_UNROLLED_OPTION_TYPE',
      'TypeError ERR_UNROLLED_OPTION_TYPE',
      'TypeError ERR_UNROLLED_OPTION_TYPE',
      'Error ERR_UNROLLED_FILE_NOT_FOUND',
    ]);
  });
});

/** A training that ends early and is saved on its way: its figures, and what it predicts afterwards. */
const TRAINING = `
  const figures = ({ epochs }) => epochs.map(({ loss, validationLoss, stopReason }) => [loss, validationLoss, stopReason]);
  const learn = async (model, options, ...more) => figures(await train(model, { epochs: 6, validationData: data,
    callbacks: [callbacks.earlyStopping({ patience: 1, minDelta: 0.05 }), ...more], ...options }));
`;

describe('the package in another realm', () => {
  const at = useFolder();
  const load = () => {
    const realm = newRealm({ path: at('checkpoint') });
    realm.U = loadIn(realm);
    return { realm, package: realm.U as typeof unrolled };
  };

  it('trains, stops early and predicts to the same bits', async () => {
    const body = `${PRELUDE}${TRAINING} const model = create();
      const epochs = await learn(model);
      const { dtype, data: values } = await model.predict(data.inputs);
      return JSON.stringify({ epochs, dtype, values: [...values] });`;
    const expected = (await runIn(newRealm({ U: unrolled }), body)) as string;
    assert.match(expected, /has not improved/);
    assert.match(expected, /"dtype":"float32"/);
    assert.equal(await runIn(load().realm, body), expected);
  });

  it('writes checkpoints that are resumed, by itself and in the realm of Node.js', async () => {
    const whole = `${PRELUDE} const model = create(); await train(model, { epochs: 5 });
      return String((await model.predict(data.inputs)).data);`;
    const begun = `${PRELUDE} await train(create(), { epochs: 2, callbacks: [new U.History(), callbacks.checkpoint({ path })] });`;
    const resumed = `${PRELUDE} const model = create(); const history = new U.History();
      await train(model, { epochs: 5, resume: path, callbacks: [history] });
      return String((await model.predict(data.inputs)).data) + ' ' + history.epochs.length;`;
    const path = at('checkpoint');
    const expected = `${await runIn(newRealm({ U: unrolled }), whole)} 5`;
    await runIn(load().realm, begun);
    assert.equal(await runIn(load().realm, resumed), expected);
    assert.equal(await runIn(newRealm({ U: unrolled, path }), resumed), expected);
  });

  it('gives arrays, objects and promises of its own realm', async () => {
    const foreign = await runIn(
      load().realm,
      `${PRELUDE}
      const foreign = [];
      const classes = new Map(Object.entries({ Object, Array, Promise, Map,
        Float32Array, Float64Array, Int32Array, Uint8Array }).map(([, Class]) => [Class.prototype, Class]));
      const look = (name, value) => {
        if (typeof value !== 'object' || value === null) return;
        if (!classes.has(Object.getPrototypeOf(value))) foreign.push(name);
        if (ArrayBuffer.isView(value)) return;
        for (const [key, entry] of Object.entries(value)) look(name + '.' + key, entry);
      };
      const looked = async (name, promise) => { look(name + '()', promise); look(name, await promise); };
      const model = create();
      const input = { features: { ...vector(1, 2), shape: [1, 1, 2] } };
      await looked('forward', model.forward(input, { layers: ['rnn'] }));
      await looked('gradients', model.gradients(input, { gradOutput: { dtype: 'float32', shape: [1, 1, 1], data: new Float32Array(1) } }));
      await looked('parameters', model.parameters());
      await looked('predict', model.predict(data.inputs));
      await looked('evaluate', model.evaluate(data));
      await looked('estimate', model.estimate(data));
      look('shapes', model.parameterShapes);
      look('info', U.info());
      await train(model, { onProgress: (progress) => look('onProgress', progress), callbacks: [
        { onStep: (step) => look('onStep', step), everySteps: 1, onEpochEnd: (epoch) => look('onEpochEnd', epoch) }] });
      const corpus = U.Corpus.fromText('to be or not to be. '.repeat(20));
      const language = U.LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 4 });
      look('ids', corpus.ids);
      await looked('next', language.next('to', 2));
      await looked('beam', language.beam('to', { length: 3 }));
      await looked('score', language.score('to be', { perToken: true }));
      await looked('probabilities', language.probabilities('to'));
      await looked('sampleAll', language.sampleAll(['to'], { length: 3 }));
      const answers = U.Model.create({ input: { kind: 'ids', vocabulary: 4 }, source: { kind: 'ids', vocabulary: 4 },
        layers: [
          { ...layers.embedding(2), name: 'reads', from: 'source' }, layers.gru(3, { name: 'encoder' }),
          { ...layers.embedding(2), name: 'writes', from: 'input' }, layers.gru(3, { name: 'decoder', initialState: 'encoder' }),
          layers.dense(4)] });
      await looked('decode', answers.decode([[1, 2]], { start: 0, end: 3, length: 4 }));
      return foreign.join();`,
    );
    assert.equal(foreign, '');
  });

  it('throws its own errors, and takes those of another copy for errors of the package', async () => {
    const [first, second] = [load(), load()];
    // The native module makes errors by the copy that was loaded last.
    for (const { package: copy } of [first, second]) copy.info();
    const body = `${PRELUDE}
      const model = create();
      const { signal } = { signal: AbortSignal.abort() };
      const found = [];
      const note = (error) => found.push([error instanceof U.UnrolledError, error.code, error.name].join(' '));
      try { U.Model.create({ hidden: 3 }); } catch (error) { note(error); }
      try { await train(model, { signal }); } catch (error) { note(error); }
      try {
        await U.collect(model.fit({ inputs: data.inputs, values: [1e30, -1e30] }, { learningRate: 1e30, epochs: 9 }));
      } catch (error) { note(error); }
      return found.join('\\n');`;
    const expected = [
      'true ERR_UNROLLED_UNKNOWN_OPTION TypeError',
      'true ERR_UNROLLED_ABORTED AbortError',
      'true ERR_UNROLLED_NON_FINITE_LOSS Error',
    ];
    assert.deepEqual(String(await runIn(first.realm, body)).split('\n'), expected);
    assert.deepEqual(String(await runIn(second.realm, body)).split('\n'), expected);
    assert.ok(!(new Error('plain') instanceof unrolled.UnrolledError));
    class Special extends unrolled.UnrolledError {}
    const plain = new unrolled.UnrolledError('ERR_UNROLLED_BUSY', 'busy');
    assert.ok(!(plain instanceof Special) && new Special('ERR_UNROLLED_BUSY', 'busy') instanceof Special);
  });

  it('refuses objects of another copy, and says that they are', async () => {
    const other = load().package;
    const corpus = other.Corpus.fromText('to be or not to be. '.repeat(20));
    const own = unrolled.Corpus.fromText('to be or not to be. '.repeat(20));
    const vectorizer = await other.TextVectorizer.adapt(['a b']);
    const { vocabulary } = corpus as unknown as unrolled.Corpus;
    const language = unrolled.LanguageModel.create({ vocabulary: own.vocabulary, hidden: 4 });
    const faults: Record<string, () => unknown> = {
      'vocabulary must be a Vocabulary': () => unrolled.LanguageModel.create({ vocabulary }),
      'vocabulary must be a WordList or a Vocabulary': () =>
        unrolled.SequenceClassifier.create({ vocabulary, classes: 2 }),
      'vectorizer must be a TextVectorizer': () =>
        unrolled.TextClassifier.create({ vectorizer: vectorizer as never, classNames: ['a', 'b'] }),
      'corpus must be a Corpus, ': () => language.fit(corpus as never).next(),
      'other must be a Vocabulary': () => own.vocabulary.equals(vocabulary),
      'vocabulary must be a Vocabulary,': () => own.withVocabulary(vocabulary),
      'vocabulary must be a Vocabulary, ': () => unrolled.FileCorpus.read(at('text'), { vocabulary }),
    };
    for (const [beginning, fault] of Object.entries(faults)) {
      await assert.rejects(
        async () => fault(),
        ({ code, name, message, received }: unrolled.UnrolledError) => {
          assert.deepEqual([code, name], ['ERR_UNROLLED_OPTION_TYPE', 'TypeError']);
          assert.ok(message.startsWith(beginning), message);
          assert.match(message, /, made by this copy of the package, not by another one\. .*npm ls unrolled/);
          assert.match(received ?? '', /^a \w+ of another copy$/);
          return true;
        },
      );
    }
    assert.throws(() => own.withVocabulary({} as never), { message: /must be a Vocabulary, not an object \(Object\)/ });
  });
});

describe('the sources', () => {
  const linesOf = (folder: string, ending: RegExp) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => ending.test(name))
      .flatMap((name) =>
        readFileSync(join(ROOT, folder, name), 'utf8')
          .split('\n')
          .map((line, index) => ({ place: `${folder}/${name}:${index + 1}`, line })),
      )
      .filter(({ line }) => !/^\s*(\/?\*|\/\/)/.test(line));

  it('ask no value by `instanceof` of a built-in class, nor by its constructor or its prototype', () => {
    const isOwnClass = (name: string) => /^[A-Z]\w*$/.test(name) && !(name in globalThis);
    const lines = linesOf('src', /\.ts$/);
    assert.ok(lines.length > 10_000);
    const wrong = lines.filter(
      ({ place, line }) =>
        [...line.matchAll(/\binstanceof\s+([^\s);&|?,]+)/g)].some(([, name = '']) => !isOwnClass(name)) ||
        /\.constructor\b(?!\?\.name)/.test(line) ||
        // Which realm the addon is of is the one thing to be asked so.
        (/[=!]== \w+\.prototype\b/.test(line) && !place.startsWith('src/native/realm.ts:')),
    );
    assert.deepEqual(wrong, [], 'src/base/builtins.ts says how to ask');
  });

  it('declare nothing by `using`, whose symbols a context of node:vm has not, but for the command line', () => {
    const wrong = linesOf('src', /\.ts$/).filter(
      ({ place, line }) => !place.startsWith('src/cli/') && /(^|[\s(])using \w+ =/.test(line),
    );
    assert.deepEqual(wrong, [], 'withFile in src/base/files/files.ts closes a file');
  });

  it('of the addon ask none by a class of JavaScript', () => {
    const wrong = linesOf('binding/node', /\.(cpp|h)$/).filter(({ line }) => /InstanceOf\(|napi_instanceof/.test(line));
    assert.deepEqual(wrong, []);
  });
});
