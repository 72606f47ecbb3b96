/**
 * Model files and checkpoints whose description, vocabulary, training or tensors were changed: loaded by every class,
 * and used where they load; else refused with a code. Nothing else happens, however they were changed.
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  Corpus,
  callbacks,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import type { Tensor } from '../../src/tensor/tensor';
import { changedJson, jsonChange } from './mutations';
import { codeOf, fuzz, outcome, temporaryFolder } from './support';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const CORPUS = Corpus.fromText('the quick brown fox jumps over the lazy dog.\n'.repeat(6));
const TEXTS = ['a good film', 'a bad film', 'good', 'bad bad'].map((text, index) => ({ text, label: index % 2 }));

/** Sound files of every kind. */
async function makeFiles(): Promise<string[]> {
  const small = { vocabulary: CORPUS.vocabulary, embedding: 4, hidden: 5 } as const;
  const models = [
    LanguageModel.create({ ...small, cell: 'lstm', layers: 2, dropout: 0.1 }),
    LanguageModel.create({ ...small, cell: 'gru', embedding: 'onehot', singleBias: true }),
    LanguageModel.create({ ...small, cell: 'rnn', output: 'adaptive', cutoffs: [6, 14] }),
    LanguageModel.create({ ...small, cell: 'rnn', output: 'sampled', samples: 3 }),
  ];
  const paths: string[] = [];
  for (const [index, model] of models.entries()) {
    const path = at(`language-model-${index}`);
    await model.save(path);
    const checkpoint = at(`checkpoint-${index}`);
    const options = { batch: 2, window: 4, steps: 3, validation: 0.1, optimizer: 'adam' } as const;
    const saving = [
      callbacks.checkpoint({ path: checkpoint, everySteps: 2 }),
      callbacks.earlyStopping({ patience: 2 }),
    ];
    for await (const _ of model.fit(CORPUS, { ...options, callbacks: saving }));
    paths.push(path, checkpoint);
  }
  const { bidirectional, dense, embedding, gru, pooling } = layers;
  const graph = Model.create({
    input: { kind: 'ids', vocabulary: 6 },
    layers: [embedding(3), bidirectional(gru(4)), pooling('final'), dense(1)],
  });
  const data = { inputs: [[0, 1], [2, 3, 4], [5]], labels: [0, 1, 0] };
  const saving = [callbacks.checkpoint({ path: at('graph-checkpoint') })];
  for await (const _ of graph.fit(data, { epochs: 1, callbacks: saving }));
  await graph.save(at('graph'));
  const vectorizer = await TextVectorizer.adapt(
    TEXTS.map(({ text }) => text),
    { maxTokens: 20 },
  );
  const classifier = TextClassifier.create({ vectorizer, classNames: ['bad', 'good'], embedding: 3, hidden: 4 });
  await classifier.save(at('classifier'));
  return [...paths, at('graph'), at('graph-checkpoint'), at('classifier')];
}

/** A file in parts that can be changed: metadata as JSON, shapes and types of the tensors. */
interface Parts {
  metadata: Record<string, unknown>;
  tensors: Record<string, { dtype: string; shape: number[] }>;
}

interface SoundFile {
  parts: Parts;
  tensors: Map<string, Tensor>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function partsOf(path: string): Promise<SoundFile> {
  const { tensors, metadata } = await readSafetensors(path);
  return {
    tensors,
    parts: {
      metadata: Object.fromEntries([...metadata].map(([key, text]) => [key, parsed(text)])),
      tensors: Object.fromEntries([...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape: [...shape] }])),
    },
  };
}

/** More elements would only take time. */
const MOST_ELEMENTS = 10_000;

/** A tensor of the changed shape with the values of the old one, as far as they go; undefined for no shape. */
function tensorLike(entry: unknown, old: Tensor | undefined): Tensor | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { dtype, shape } = entry as { dtype?: unknown; shape?: unknown };
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return undefined;
  const count = shape.reduce((product: number, size: number) => product * size, 1);
  if (count > MOST_ELEMENTS) return undefined;
  const values = Array.from({ length: count }, (_, index) => Number(old?.data[index] ?? 0.5));
  if (dtype === 'float64') return { dtype, shape, data: Float64Array.from(values) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(values) };
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

async function writeChanged(path: string, sound: SoundFile, changed: unknown): Promise<void> {
  const { metadata, tensors } = (typeof changed === 'object' && changed !== null ? changed : {}) as Partial<Parts>;
  const texts = Object.entries(metadata ?? {}).map(([key, value]) => {
    // What was text stays text; what was JSON is JSON again.
    const isText = key === 'format' && typeof value === 'string';
    return [key, isText ? value : (JSON.stringify(value) ?? 'null')] as const;
  });
  const entries = Object.entries(tensors ?? {}).flatMap(([name, entry]) => {
    const tensor = tensorLike(entry, sound.tensors.get(name));
    return tensor === undefined || name === '__metadata__' ? [] : [[name, tensor] as const];
  });
  await writeSafetensors(path, new Map(entries), new Map(texts));
}

/** Codes that a file may be refused with. */
const REFUSALS = [
  'ERR_UNROLLED_MODEL_FORMAT',
  'ERR_UNROLLED_MODEL_MISMATCH',
  'ERR_UNROLLED_MODEL_NOT_FINITE',
  'ERR_UNROLLED_OUT_OF_MEMORY',
];

/** What loads must work, or say why not; what does not load must say that the file is to blame. */
async function use<T extends { dispose(): void }>(
  load: () => Promise<T>,
  work: (model: T) => Promise<void>,
): Promise<void> {
  const loaded = await outcome(load);
  if ('code' in loaded) {
    assert.ok(REFUSALS.includes(loaded.code), loaded.code);
    return;
  }
  await work(loaded.value).catch(codeOf);
  loaded.value.dispose();
}

async function resume(path: string): Promise<void> {
  const model = await outcome(() => LanguageModel.load(path));
  if ('code' in model) return;
  const going = model.value.fit(CORPUS, {
    resume: path,
    steps: 5,
    callbacks: [callbacks.earlyStopping({ patience: 2 })],
  });
  await (async () => {
    for await (const _ of going);
  })().catch(codeOf);
  model.value.dispose();
}

async function main(): Promise<void> {
  const files = await Promise.all((await makeFiles()).map(partsOf));
  const path = at('changed');
  const cases = fc.record({
    file: fc.nat(files.length - 1),
    changes: fc.array(jsonChange, { minLength: 1, maxLength: 4 }),
  });
  await fuzz('model-files', cases, async ({ file, changes }) => {
    const sound = files[file] as SoundFile;
    await writeChanged(path, sound, changedJson(sound.parts, changes));
    await use(
      () => LanguageModel.load(path),
      async (model) => {
        await model.sample('the', { length: 3 });
        await model.score('the quick');
        await model.save(at('again'));
      },
    );
    await use(
      () => Model.load(path),
      async (model) => {
        await model.predict([[0, 1, 2], [3]]);
      },
    );
    await use(
      () => TextClassifier.load(path),
      async (model) => {
        await model.predict(['a good film']);
      },
    );
    await use(
      () => SequenceClassifier.load(path),
      async (model) => {
        await model.predict(['a b']);
      },
    );
    await resume(path);
  });
}

main();
