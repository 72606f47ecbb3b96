/** Tiny models of a configuration, each with data of its own to be trained on. */

import { writeFileSync } from 'node:fs';
import {
  type Callback,
  Corpus,
  callbacks,
  datasets,
  type Estimate,
  type Example,
  type FileCorpus,
  LanguageModel,
  layers,
  Model,
  type ModelOptions,
  type Parameters,
  SequenceClassifier,
  type SequenceData,
  TextClassifier,
  TextVectorizer,
  type Training,
  type TrainingData,
  type TrainingOptions,
  WordList,
} from '../../src/index';
import type { CommonConfiguration, Configuration, ExampleConfiguration, TextConfiguration } from './factors';

/** A model on its data. */
export interface Subject {
  network: Model;
  /** Of a language model. */
  text?: { model: LanguageModel; inMemory: Corpus; fitOther(model: LanguageModel, options: TrainingOptions): Training };
  fit(options: TrainingOptions): Training;
  /** What `estimate` says, of models that have it. */
  estimate?: (options: TrainingOptions) => Promise<Estimate>;
  save(path: string): Promise<void>;
  parameters(): Promise<Parameters>;
  /** A figure of what it computes, the same for the same weights. */
  outcome(): Promise<unknown>;
  /** The loss over what a training is told to validate with; undefined where no call scores just that. */
  validationLoss?: () => Promise<number>;
}

export interface Maker {
  create(threads: number): Promise<Subject>;
  load(path: string, threads: number): Promise<Subject>;
  /** The same training with the data in another place, where it must not matter. */
  elsewhere?: () => Promise<Subject>;
}

const TEXT = 'the cat sat on the mat.\na dog sat too é👍🏽 ok\nno cat ran\n'.repeat(3);
const DOCUMENTS = ['the cat sat', 'a dog', 'on the mat the cat sat too', 'no', 'ran é👍🏽 ok a cat', 'sat on a mat'];

function scheduleOf({ schedule }: CommonConfiguration): TrainingOptions['schedule'] {
  switch (schedule) {
    case 'step':
    case 'exponential':
      return { kind: schedule, every: 3, factor: 0.7 };
    case 'step in epochs':
      return { kind: 'step', unit: 'epochs', every: 0.3, warmup: 0.1, factor: 0.7 };
    case 'warmup':
      return { kind: 'constant', warmup: 4 };
    default:
      return schedule;
  }
}

/** Options of training, but for its end, its threads and its callbacks. */
export function trainingOf(configuration: CommonConfiguration): TrainingOptions {
  const { optimizer, reduction, clipValue, clipNorm, weightDecay, sparse, precision, seed } = configuration;
  return {
    ...{ optimizer, reduction, sparse, precision, seed, weightDecay },
    learningRate: reduction === 'sum' ? 0.002 : 0.02,
    schedule: scheduleOf(configuration),
    ...(clipValue > 0 && { clipValue }),
    ...(clipNorm > 0 && { clipNorm }),
  };
}

/** Callbacks, new ones each time: they have a state. */
export function callbacksOf({ callbacks: kind, validation }: CommonConfiguration): Callback[] {
  const monitor = validation > 0 ? 'validationLoss' : 'loss';
  if (kind === 'early stopping') return [callbacks.earlyStopping({ patience: 5 })];
  if (kind === 'plateau') return [callbacks.reduceOnPlateau({ monitor, patience: 1, factor: 0.5 })];
  if (kind !== 'scale') return [];
  return [
    {
      everySteps: 2,
      onStep(_, control) {
        control.learningRateScale *= 0.9;
      },
    },
  ];
}

/** The names that are frozen. */
export function frozenOf({ freeze }: CommonConfiguration, network: Model): string[] {
  const names = Object.keys(network.parameterShapes);
  if (freeze === 'first') return names.slice(0, 1);
  if (freeze === 'last') return names.slice(-1);
  return freeze === 'recurrent' ? names.filter((name) => name.includes('weight_hh')) : [];
}

function cellOf(cell: CommonConfiguration['cell']) {
  return cell === 'relu' ? ({ cell: 'rnn', nonlinearity: 'relu' } as const) : ({ cell } as const);
}

function initialOf({ initializer, modelSeed, dtype }: CommonConfiguration) {
  const law = initializer === 'default' ? {} : { initializer: { kind: initializer, scale: 0.8 } as const };
  return { ...law, seed: modelSeed, dtype };
}

async function makerOfText(configuration: TextConfiguration, at: (name: string) => string): Promise<Maker> {
  const { tokens, corpus: kind, embedding, singleBias, dropout, recurrentDropout, layerNorm, output } = configuration;
  const inMemory =
    kind === 'documents' ? Corpus.fromDocuments(DOCUMENTS, { tokens }) : Corpus.fromText(TEXT, { tokens });
  let corpus: Corpus | FileCorpus = inMemory;
  if (kind === 'file') {
    writeFileSync(at('text'), TEXT);
    corpus = await datasets.textFile(at('text'), { tokens, idsFile: at('ids') });
  }
  const hidden = 6;
  const network = {
    ...cellOf(configuration.cell),
    ...initialOf(configuration),
    ...{ hidden, layers: configuration.layers, singleBias, dropout, recurrentDropout, layerNorm, output },
    ...(embedding === 'tied' ? { embedding: hidden, tied: true } : { embedding }),
    ...(output === 'adaptive' && { cutoffs: [4, 9] }),
    ...(output === 'sampled' && { samples: 4 }),
  };
  const { batch, window, validation, shuffle } = configuration;
  const stream = { batch, window, validation, ...(kind === 'documents' && { shuffle }) };
  const subject = (model: LanguageModel, data: Corpus | FileCorpus): Subject => ({
    network: model.model,
    text: { model, inMemory, fitOther: (other, options) => other.fit(data, { ...stream, ...options }) },
    fit: (options) => model.fit(data, { ...stream, ...options }),
    estimate: (options) => model.estimate(data, { ...stream, ...options }),
    save: (path) => model.save(path),
    parameters: () => model.parameters(),
    outcome: async () => [
      await model.evaluate(inMemory, { batch: 2 }),
      await model.sample('the cat', { length: 8, seed: 5, temperature: 0.9 }),
    ],
    ...(validation > 0 &&
      kind !== 'documents' &&
      (tokens === 'char' || tokens === 'word') && {
        validationLoss: async () => {
          const { validation: ids } = inMemory.split(validation);
          const part = Corpus.fromText(model.vocabulary.decode(ids), { tokens });
          return (await model.evaluate(part, { batch, window })).loss;
        },
      }),
  });
  const create = (threads: number, data: Corpus | FileCorpus) =>
    subject(LanguageModel.create({ vocabulary: inMemory.vocabulary, ...network, threads }), data);
  return {
    create: async (threads) => create(threads, corpus),
    load: async (path, threads) => subject(await LanguageModel.load(path, { threads }), corpus),
    ...(kind === 'file' && { elsewhere: async () => create(1, inMemory) }),
  };
}

const EXAMPLES: Example[] = Array.from({ length: 14 }, (_, index) => ({
  text: ['it is good', 'that was bad', 'it was', 'dull and bad it is', 'fine'][(index * 3) % 5] as string,
  label: index % 2,
}));

/** Layers of a `Model` of that kind, and its data. */
function graphOf(configuration: ExampleConfiguration): {
  model: ModelOptions;
  data: TrainingData;
  inputs: SequenceData;
} {
  const { kind, bidirectional, pooling, dense, classes, dropout, layers: depth } = configuration;
  const { cell, ...rest } = cellOf(configuration.cell);
  const recurrent = (options: object = {}) => {
    const settings = { layers: depth, ...('nonlinearity' in rest && { activation: rest.nonlinearity }), ...options };
    return layers[cell](4, depth > 1 && dropout > 0 ? { ...settings, dropout } : settings);
  };
  const both = bidirectional ? layers.bidirectional(recurrent()) : recurrent();
  const count = 14;
  const ids = Array.from({ length: count }, (_, i) =>
    Array.from({ length: 1 + ((i * 5) % 6) }, (__, t) => (i + t) % 5),
  );
  const labels = ids.map((_, index) => index % classes);
  const input = { kind: 'ids', vocabulary: 5 } as const;
  const between = [
    ...(dense > 0 ? [layers.dense(dense, { activation: 'tanh' })] : []),
    ...(dropout > 0 ? [layers.dropout(dropout)] : []),
  ];
  if (kind === 'tagged') {
    return {
      model: { input, layers: [layers.embedding(3), both, ...between, layers.dense(classes)] },
      data: { inputs: ids, tags: ids.map((row) => row.map((id) => id % classes)) },
      inputs: ids,
    };
  }
  if (kind === 'paired') {
    const graph = [
      layers.embedding(3, { name: 'read', from: 'source' }),
      recurrent({ name: 'encoder' }),
      layers.embedding(3, { name: 'written', from: 'input' }),
      recurrent({ name: 'decoder', initialState: 'encoder' }),
      ...between,
      layers.dense(5),
    ];
    return {
      model: { input, source: input, layers: graph },
      data: { sources: ids, targets: ids.map((row) => row.map((id) => id % 3)), start: 3, end: 4 },
      inputs: ids,
    };
  }
  const tail = [layers.pooling(pooling), ...between, layers.dense(classes)];
  if (kind === 'vectors') {
    const vectors = ids.map((row) => row.map((id) => [id / 5, 1 - id / 5, (id % 2) - 0.5]));
    const model = { input: { kind: 'features', features: 3 } as const, layers: [both, ...tail] };
    return { model, data: { inputs: vectors, labels }, inputs: vectors };
  }
  return { model: { input, layers: [layers.embedding(3), both, ...tail] }, data: { inputs: ids, labels }, inputs: ids };
}

function makerOfLayers(configuration: ExampleConfiguration): Maker {
  const { batch, validation, shuffle, bucketing, kind } = configuration;
  const { model: described, data, inputs } = graphOf(configuration);
  const own = { batch, validation, shuffle, bucketing };
  const subject = (model: Model, threads: number): Subject => ({
    network: model,
    fit: (options) => model.fit(data, { ...own, threads, ...options }),
    estimate: (options) => model.estimate(data, { ...own, ...options }),
    save: (path) => model.save(path),
    parameters: () => model.parameters(),
    outcome: async () => [
      await model.evaluate(data, { batch: 4 }),
      kind === 'paired'
        ? await model.decode([[0, 1, 2], [4]], { start: 3, end: 4, length: 6, beams: 2 })
        : (await model.predict(inputs, { batch: 5 })).data,
    ],
  });
  return {
    create: async (threads) => subject(Model.create({ ...described, ...initialOf(configuration) }), threads),
    load: async (path, threads) => subject(await Model.load(path), threads),
  };
}

async function makerOfExamples(configuration: ExampleConfiguration): Promise<Maker> {
  const { kind, batch, validation, shuffle, bucketing, bidirectional, pooling, dense, classes, dropout } =
    configuration;
  if (kind !== 'TextClassifier' && kind !== 'SequenceClassifier') return makerOfLayers(configuration);
  const own = { batch, validation, shuffle, bucketing };
  const examples = EXAMPLES.map(({ text }, index) => ({ text, label: index % classes }));
  const texts = examples.map(({ text }) => text);
  const { cell, ...rest } = cellOf(configuration.cell);
  if (kind === 'SequenceClassifier') {
    const vocabulary = new WordList([...new Set(texts.join(' ').split(' '))]);
    const network = {
      vocabulary,
      classes,
      embedding: 3,
      hidden: 4,
      layers: configuration.layers,
      dropout,
      cell,
      ...rest,
    };
    const subject = (model: SequenceClassifier): Subject => ({
      network: model.model,
      fit: (options) => model.fit(examples, { ...own, ...options }),
      save: (path) => model.save(path),
      parameters: () => model.parameters(),
      outcome: async () => [await model.evaluate(examples), await model.predict(texts)],
    });
    return {
      create: async (threads) =>
        subject(SequenceClassifier.create({ ...network, ...initialOf(configuration), threads })),
      load: async (path, threads) => subject(await SequenceClassifier.load(path, { threads })),
    };
  }
  const vectorizer = await TextVectorizer.adapt(texts);
  const classNames = ['a', 'b', 'c'].slice(0, classes);
  const sizes = { embedding: 3, hidden: 4, layers: configuration.layers, dropout, cell, bidirectional, pooling, dense };
  const subject = (model: TextClassifier): Subject => ({
    network: model.model,
    fit: (options) => model.fit(examples, { ...own, keepBest: false, ...options }),
    save: (path) => model.save(path),
    parameters: () => model.parameters(),
    outcome: async () => [await model.evaluate(examples), await model.predict(texts)],
  });
  return {
    create: async (threads) =>
      subject(TextClassifier.create({ vectorizer, classNames, ...sizes, ...initialOf(configuration), threads })),
    load: async (path, threads) => subject(await TextClassifier.load(path, { threads })),
  };
}

/** @param at a place in a folder of its own. */
export async function makerOf(configuration: Configuration, at: (name: string) => string): Promise<Maker> {
  return configuration.family === 'text' ? makerOfText(configuration, at) : makerOfExamples(configuration);
}
