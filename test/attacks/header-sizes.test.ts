/** A size in a file's header that no model ever had is refused with a code, or does no harm where the model is used. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  Corpus,
  callbacks,
  LanguageModel,
  layers,
  Model,
  SequenceClassifier,
  TextClassifier,
  TextVectorizer,
  UnrolledError,
  WordList,
} from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';

const SIZES = [2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e308, -1, 0, 0.5, 1e6];

/** A file that a model was saved to, and what is done with one that is read. */
interface Kind {
  save(path: string): Promise<unknown>;
  use(path: string): Promise<unknown>;
}

const CORPUS = Corpus.fromText('one two three one two four one two\n'.repeat(10), { tokens: 'word' });
const EXAMPLES = [0, 1, 0, 1].map((label) => ({ text: ['one two', 'two three four'][label] as string, label }));
const network = { embedding: 2, hidden: 3 };

function languageModel(output: 'exact' | 'adaptive' | 'sampled'): Kind {
  return {
    save: async (path) => {
      const model = LanguageModel.create({ vocabulary: CORPUS.vocabulary, ...network, dropout: 0.1, output });
      const checkpoint = callbacks.checkpoint({ path });
      const options = { batch: 2, window: 4, steps: 3, schedule: 'linear', callbacks: [checkpoint] } as const;
      await model.fit(CORPUS, options);
    },
    use: async (path) => {
      using model = await LanguageModel.load(path);
      await model.sample('one', { length: 3 });
      await model.fit(CORPUS, { resume: path, steps: 4, onWarning: () => {} });
    },
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  'language model': languageModel('exact'),
  'language model with an adaptive output': languageModel('adaptive'),
  'language model with a sampled output': languageModel('sampled'),
  'sequence classifier': {
    save: async (path) => {
      const vocabulary = new WordList(['one', 'two', 'three', 'four']);
      await SequenceClassifier.create({ vocabulary, classes: 2, ...network }).save(path);
    },
    use: async (path) => {
      using model = await SequenceClassifier.load(path);
      await model.predict(['one two']);
    },
  },
  'text classifier': {
    save: async (path) => {
      const cut = { sequenceLength: 5, pad: true, ngrams: 2, maxTokens: 20 };
      const vectorizer = await TextVectorizer.adapt(
        EXAMPLES.map(({ text }) => text),
        cut,
      );
      await TextClassifier.create({ vectorizer, classNames: ['a', 'b'], ...network, dense: 2 }).save(path);
    },
    use: async (path) => {
      using model = await TextClassifier.load(path);
      await model.predict(['one two', 'three']);
      await model.evaluate(EXAMPLES);
      await model.fit(EXAMPLES, { epochs: 1 });
    },
  },
  'model of layers': {
    save: async (path) => {
      const graph = [
        layers.embedding(2),
        layers.bidirectional(layers.lstm(2, { layers: 2, dropout: 0.1 })),
        layers.dropout(0.1),
        layers.pooling('last'),
        layers.dense(2),
      ];
      await Model.create({ input: { kind: 'ids', vocabulary: 4 }, layers: graph }).save(path);
    },
    use: async (path) => {
      using model = await Model.load(path);
      await model.predict([[0, 1], [2]]);
      await model.fit({ inputs: [[0], [1, 2]], labels: [0, 1] }, { epochs: 1 });
    },
  },
};

/** Every place of a number in a JSON value. */
function* numbers(value: unknown, path: (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value === 'number') yield path;
  if (typeof value !== 'object' || value === null) return;
  // Of a long list one number is like another.
  const entries = Array.isArray(value) ? [...value.entries()].slice(0, 3) : Object.entries(value);
  for (const [key, inner] of entries) yield* numbers(inner, [...path, key]);
}

function replaced(json: string, path: readonly (string | number)[], size: number): string {
  const root: unknown = JSON.parse(json);
  let place = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  place[path.at(-1) as string | number] = size;
  return JSON.stringify(root);
}

/** Runs it to its end or to an error with a code. */
async function endsWell(what: string, use: () => Promise<unknown>): Promise<void> {
  try {
    await use();
  } catch (error) {
    assert.ok(error instanceof UnrolledError, `${what}: ${(error as Error).stack}`);
  }
}

describe('sizes in headers', function () {
  this.timeout(120_000);
  const at = useFolder();

  for (const [name, { save, use }] of Object.entries(KINDS)) {
    it(`of a ${name} are refused where they cannot be, or do no harm`, async () => {
      await save(at('file'));
      await use(at('file'));
      const { tensors, metadata } = await readSafetensors(at('file'));
      let tried = 0;
      for (const key of ['model', 'vocabulary', 'training']) {
        const json = metadata.get(key);
        if (json === undefined) continue;
        for (const path of numbers(JSON.parse(json))) {
          for (const size of SIZES) {
            const changed = new Map(metadata).set(key, replaced(json, path, size));
            await writeSafetensors(at('changed'), tensors, changed);
            await endsWell(`${key}.${path.join('.')} = ${size}`, () => use(at('changed')));
            tried++;
          }
        }
      }
      assert.ok(tried >= 3 * SIZES.length, `${tried} were tried`);
    });
  }

  it('of padding cost a classifier nothing: it reads no padding', async () => {
    const vocabulary = ['one', 'two'];
    const seconds = async (sequenceLength: number) => {
      const vectorizer = TextVectorizer.fromVocabulary(vocabulary, { sequenceLength, pad: true });
      using model = TextClassifier.create({ vectorizer, classNames: ['a', 'b'], ...network });
      await model.predict(['one']);
      const begun = performance.now();
      await model.predict(['one two one', 'two']);
      return (performance.now() - begun) / 1000;
    };
    const control = await seconds(5);
    assert.ok((await seconds(2 ** 31 - 1)) < 100 * control + 1);
  });

  it('of a vectorizer are refused with its padding, where memory cannot hold that', () => {
    const options = { sequenceLength: 2 ** 31 - 1, pad: true } as const;
    const vectorizer = TextVectorizer.fromVocabulary(['one', 'two'], options);
    const texts = Array.from({ length: 2 ** 14 }, () => 'one two');
    const refused = { code: /ERR_UNROLLED_(OUT_OF_MEMORY|OPTION_RANGE)/ };
    assert.throws(() => vectorizer.encodeAll(texts), refused);
    const short = TextVectorizer.fromVocabulary(['one', 'two'], { sequenceLength: 4, pad: true });
    assert.deepEqual([...short.encode('two')], [3, 0, 0, 0]);
    const { ids, offsets } = short.encodeAll(['two', 'one two one two one', '']);
    assert.deepEqual([...ids], [3, 0, 0, 0, 2, 3, 2, 3, 1, 0, 0, 0]);
    assert.deepEqual([...offsets], [0, 4, 8, 12]);
  });

  it('of weights of documents are refused', async () => {
    const vectorizer = await TextVectorizer.adapt(['one two', 'two'], { output: 'tf-idf' });
    const json = JSON.stringify(vectorizer);
    const [, first] = /"idf":\[([^,]+)/.exec(json) as unknown as [string, string];
    for (const idf of ['1e308', '1e999', '-1e999', '-1', 'null', '"1"', '2147483648']) {
      writeFileSync(at('vectorizer'), json.replace(first, idf));
      await assert.rejects(TextVectorizer.load(at('vectorizer')), { code: 'ERR_UNROLLED_MODEL_FORMAT' }, idf);
    }
    for (const idf of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308]) {
      assert.throws(() => TextVectorizer.fromVocabulary(['a', 'b'], { output: 'tf-idf', idf: [1, idf] }), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'idf',
      });
    }
  });
});
