/**
 * Arguments of the public API: sound ones of which some were changed into whatever JavaScript has. Every call works or
 * throws an error with a code; none crashes, hangs or throws anything else.
 */

import os from 'node:os';
import fc from 'fast-check';
import {
  Corpus,
  LanguageModel,
  layers,
  Model,
  TextClassifier,
  TextVectorizer,
  tensor,
  Vocabulary,
} from '../../src/index';
import { changedJson, jsonChange } from './mutations';
import { codeOf, fuzz } from './support';

// What would take more memory must be refused; the machine has others to serve.
os.totalmem = () => 2 ** 29;

/** What JSON has not: `{ $: 'NaN' }` stands for it while arguments are drawn and shown. */
const EXOTIC: Readonly<Record<string, () => unknown>> = {
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  undefined: () => undefined,
  bigint: () => 3n,
  symbol: () => Symbol('mine'),
  function: () => () => 1,
  'null prototype': () => Object.create(null),
  date: () => new Date(0),
  map: () => new Map([['a', 1]]),
  'typed array': () => Float32Array.of(1, 2, 3),
  ids: () => Int32Array.of(0, 1, 2),
  'half a character': () => '\ud83d',
  'long text': () => 'the '.repeat(500),
  sparse: () => new Array(3),
  'array-like': () => ({ length: 2 }),
  'huge array-like': () => ({ length: 2 ** 40 }),
  boxed: () => Object(5),
};

const exotic = fc.constantFrom(...Object.keys(EXOTIC)).map(($) => ({ $ }));
const change = fc.oneof(
  jsonChange,
  jsonChange,
  fc.tuple(jsonChange, exotic).map(([drawn, value]) => ({ ...drawn, value })),
);

/** Tensors and exotic values in place of what stands for them. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revived);
  const { $, tensor: nested, dtype, ...rest } = value as Record<string, unknown>;
  if (typeof $ === 'string' && Object.hasOwn(EXOTIC, $)) return (EXOTIC[$] as () => unknown)();
  if (nested !== undefined && Object.keys(rest).length === 0) {
    try {
      return tensor.from(revived(nested) as number[], dtype as 'int32');
    } catch {
      return { dtype, shape: [1], data: revived(nested) };
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}

type Arguments = Record<string, unknown>;

/** The same as it is handed over: of any type at all, which is for the package to find out. */
type Given = Record<Name, never>;

/** Names of arguments. */
type Name =
  | 'batch'
  | 'beam'
  | 'classes'
  | 'corpus'
  | 'create'
  | 'data'
  | 'dtype'
  | 'evaluate'
  | 'examples'
  | 'fit'
  | 'forward'
  | 'ids'
  | 'index'
  | 'inputs'
  | 'json'
  | 'k'
  | 'model'
  | 'nested'
  | 'objective'
  | 'other'
  | 'parameters'
  | 'predict'
  | 'prompts'
  | 'sample'
  | 'score'
  | 'session'
  | 'shape'
  | 'split'
  | 'states'
  | 'stream'
  | 'tensor'
  | 'texts'
  | 'tolerance'
  | 'vectorizer'
  | 'vocabulary';

/** Makes the calls one after another, whatever becomes of them. */
async function attempt(calls: readonly (() => unknown)[]): Promise<void> {
  for (const call of calls) {
    try {
      await call();
    } catch (error) {
      codeOf(error);
    }
  }
}

/** Options with one more, where they are options at all. */
function withOption(options: unknown, name: string, value: unknown): never {
  return (typeof options === 'object' && options !== null ? { [name]: value, ...options } : options) as never;
}

/** A use of the API: sound arguments, and the calls that take them. The first coded error ends it. */
interface Recipe {
  sound: Arguments;
  use: (given: Given) => Promise<void>;
}

/** Long enough for what is done in good faith, in milliseconds. */
const LIMIT = 400;

/** Options with a signal that ends what was asked to go on for ever. */
function bounded(options: unknown): never {
  const isObject = typeof options === 'object' && options !== null;
  return (isObject ? { ...options, signal: AbortSignal.timeout(LIMIT) } : options) as never;
}

async function exhaust(values: AsyncIterable<unknown>): Promise<void> {
  const end = performance.now() + LIMIT;
  for await (const _ of values) if (performance.now() > end) return;
}

const TEXT = 'the quick brown fox jumps over the lazy dog.\n'.repeat(4);

/** A language model made, trained, asked, and let go. */
const languageModel: Recipe = {
  sound: {
    corpus: { tokens: 'char', unknown: 'error' },
    create: {
      ...{ cell: 'lstm', embedding: 4, hidden: 4, layers: 2, dropout: 0.1, recurrentDropout: 0, layerNorm: false },
      ...{ singleBias: false, tied: true, output: 'exact', seed: 1, dtype: 'float32', threads: 2 },
      initializer: { kind: 'uniform', scale: 0.1 },
    },
    fit: {
      ...{ batch: 2, window: 5, steps: 3, epochs: 1, validation: 0.1, clipNorm: 1, clipValue: 5, seed: 1, threads: 1 },
      optimizer: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 },
      schedule: { kind: 'cosine', warmup: 1, length: 3 },
      ...{ sparse: 'exact', reduction: 'mean', shuffle: true, learningRate: 0.01, callbacks: [] },
    },
    sample: { length: 5, temperature: 0.7, topK: 3, topP: 0.9, seed: 1, stop: ['x'], includeStop: true },
    stream: { length: 9, by: 'grapheme', piece: 2 },
    beam: { beams: 2, length: 4, lengthPenalty: 0.5, stop: 'x' },
    score: { context: 'the' },
    evaluate: { batch: 1, window: 7, threads: 1 },
    prompts: ['the', 'a'],
    k: 3,
  },
  async use(given) {
    const { corpus: ofCorpus, create, fit, sample, stream, beam, score, evaluate, prompts, k } = given;
    const corpus = Corpus.fromText(TEXT, ofCorpus);
    using model = LanguageModel.create(withOption(create, 'vocabulary', corpus.vocabulary));
    const calls = [
      () => exhaust(model.fit(corpus, bounded(fit))),
      () => model.estimate(corpus, fit),
      () => model.sample(prompts?.[0], bounded(sample)),
      () => model.sampleAll(prompts, bounded(sample)),
      () => exhaust(model.stream('the', bounded(stream))),
      () => model.beam('the', bounded(beam)),
      () => model.score('the quick', score),
      () => model.next('the', k),
      () => model.evaluate(corpus, bounded(evaluate)),
      () => model.probabilities(prompts?.[1]),
    ];
    await attempt(calls);
  },
};

/** Graphs of layers over data of the five shapes. */
function graph(model: Arguments, data: Arguments, inputs: unknown): Recipe {
  return {
    sound: {
      model,
      data,
      inputs,
      fit: {
        epochs: 1,
        batch: 2,
        validation: 0.3,
        optimizer: 'sgd',
        learningRate: 0.1,
        clipNorm: 1,
        shuffle: true,
        seed: 2,
      },
      predict: { batch: 2, output: 'linear', threads: 1 },
      forward: { threads: 1, layers: ['rnn'] },
      batch: {
        ids: {
          tensor: [
            [0, 1],
            [2, 3],
          ],
          dtype: 'int32',
        },
        lengths: [2, 1],
      },
      objective: { targets: { tensor: [[0], [1]], dtype: 'int32' }, reduction: 'mean' },
      session: { threads: 1 },
      parameters: {},
      states: {},
    },
    async use(given) {
      const { model, data, inputs, fit, predict, forward, batch, objective, session, parameters, states } = given;
      using made = Model.create(model);
      const calls = [
        () => exhaust(made.fit(data, bounded(fit))),
        () => made.estimate(data, fit),
        () => made.evaluate(data),
        () => made.predict(inputs, bounded(predict)),
        () => made.forward(batch, forward),
        () => made.gradients(batch, objective),
        async () => {
          const running = made.session(session);
          await running.step(batch);
          running.states = states;
          await running.step(batch);
        },
        async () => made.setParameters({ ...(await made.parameters()), ...(parameters as object) }),
        () => made.setParameters(parameters),
        () => made.forward({ ...(batch as object), states }),
        async () => made.summary(),
        async () => made.freeze(forward),
        () => made.decode(inputs, bounded({ start: 0, end: 1, length: 5 })),
      ];
      await attempt(calls);
    },
  };
}

const IDS = [[0, 1, 2], [3], [4, 0]];
const { attention, bidirectional, dense, embedding, gru, layerNorm, lstm, pooling, rnn } = layers;

const graphs: Recipe[] = [
  graph(
    {
      input: { kind: 'ids', vocabulary: 5 },
      layers: [
        embedding(3),
        bidirectional(gru(4, { name: 'rnn', layers: 2, dropout: 0.1 })),
        pooling('final'),
        dense(2),
      ],
      seed: 1,
    },
    { inputs: IDS, labels: [0, 1, 0] },
    IDS,
  ),
  graph(
    { input: { kind: 'ids', vocabulary: 5 }, layers: [embedding(3), lstm(4, { name: 'rnn' }), layerNorm(), dense(3)] },
    { inputs: IDS, tags: [[0, 1, 2], [0], [1, 1]], loss: 'crossEntropy' },
    IDS,
  ),
  graph(
    {
      input: { kind: 'features', features: 2 },
      layers: [rnn(3, { name: 'rnn', activation: 'relu' }), dense(1)],
      dtype: 'float64',
    },
    {
      inputs: [
        {
          tensor: [
            [0, 1],
            [1, 0],
          ],
        },
        { tensor: [[1, 1]] },
      ],
      values: [{ tensor: [[1], [0]] }, { tensor: [[1]] }],
    },
    [{ tensor: [[0, 1]] }],
  ),
  graph(
    {
      input: { kind: 'ids', vocabulary: 6 },
      source: { kind: 'ids', vocabulary: 5 },
      layers: [
        embedding(3, { name: 'asked', from: 'source' }),
        gru(4, { name: 'encoder' }),
        embedding(3, { name: 'to', from: 'input' }),
        gru(4, { name: 'rnn', initialState: 'encoder' }),
        attention(['rnn', 'encoder']),
        dense(6),
      ],
    },
    { sources: IDS, targets: [[1, 2], [3], []], start: 4, end: 5 },
    IDS,
  ),
];

/** Texts and their classes. */
const classifier: Recipe = {
  sound: {
    vectorizer: { maxTokens: 10, split: 'whitespace', standardize: 'lower', sequenceLength: 4, ngrams: 1 },
    create: {
      classNames: ['bad', 'good'],
      cell: 'gru',
      embedding: 3,
      hidden: 3,
      layers: 1,
      dense: 4,
      dropout: 0.1,
      seed: 1,
    },
    fit: { epochs: 2, batch: 2, learningRate: 0.01, validation: 0.25, classWeights: [1, 1], patience: 1 },
    examples: [
      { text: 'a good film', label: 1 },
      { text: 'a bad film', label: 0 },
      { text: 'good', label: 1 },
      { text: 'bad bad', label: 0 },
    ],
    predict: { batch: 2 },
  },
  async use(given) {
    const { vectorizer: ofVectorizer, create, fit, examples, predict } = given;
    const texts = (
      Array.isArray(examples) ? (examples as { text?: unknown }[]).map((each) => each?.text) : examples
    ) as never;
    const vectorizer = await TextVectorizer.adapt(texts, ofVectorizer);
    using model = TextClassifier.create(withOption(create, 'vectorizer', vectorizer));
    const calls = [
      () => exhaust(model.fit(examples, bounded(fit))),
      () => model.predict(texts, predict),
      () => model.evaluate(examples),
    ];
    await attempt(calls);
  },
};

/** Vocabularies, corpora, tensors. */
const values: Recipe = {
  sound: {
    vocabulary: { tokens: 'word', maxSize: 9, minCount: 1, unknown: 'replace' },
    json: { kind: 'char', tokens: ['a', 'b'], unknownToken: false, unknown: 'error' },
    texts: ['a b a', 'b'],
    ids: [0, 1],
    split: 0.2,
    nested: [
      [1, 2],
      [3, 4],
    ],
    shape: [2, 3],
    dtype: 'float64',
    tensor: {
      tensor: [
        [1, 2],
        [3, 4],
      ],
      dtype: 'float32',
    },
    other: {
      tensor: [
        [1, 2],
        [3, 4],
      ],
      dtype: 'float32',
    },
    tolerance: { absolute: 1e-3, relative: 1e-3 },
    index: 1,
    classes: 4,
  },
  async use(given) {
    const {
      vocabulary,
      json,
      texts,
      ids,
      split,
      nested,
      shape,
      dtype,
      tensor: first,
      other,
      tolerance,
      index,
      classes,
    } = given;
    const calls = [
      () => {
        const corpus = Corpus.fromText(texts?.[0], vocabulary);
        corpus.vocabulary.decode(ids);
        corpus.vocabulary.encode(texts?.[1]);
        corpus.split(split);
        corpus.vocabulary.withUnknown(dtype);
      },
      () => Corpus.fromDocuments(texts, vocabulary),
      () => Vocabulary.fromJSON(json).encode('ab'),
      () => tensor.from(nested, dtype),
      () => tensor.zeros(shape, dtype),
      () => tensor.row(first, index),
      () => tensor.oneHot(ids, classes),
      () => tensor.softmax(first),
      () => tensor.argMax(first),
      () => tensor.allClose(first, other, tolerance),
      () => tensor.toArray(first),
    ];
    await attempt(calls);
  },
};

const RECIPES: Readonly<Record<string, Recipe>> = {
  'language model': languageModel,
  ...Object.fromEntries(graphs.map((recipe, index) => [`graph ${index}`, recipe])),
  classifier,
  values,
};

const cases = fc.record({
  recipe: fc.constantFrom(...Object.keys(RECIPES)),
  changes: fc.array(change, { maxLength: 3 }),
});

fuzz('api', cases, async ({ recipe, changes }) => {
  const { sound, use } = RECIPES[recipe] as Recipe;
  // Arguments that are undefined are left out.
  const given = revived(changedJson(JSON.parse(JSON.stringify(sound)), changes)) as Given | null;
  try {
    await use(given ?? ({} as Given));
  } catch (error) {
    codeOf(error);
  }
});
