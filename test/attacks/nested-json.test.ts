/** JSON in files that is nested deeper than the stack is: whatever reads it must not call itself. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Corpus, LanguageModel, layers, Model, TextClassifier, TextVectorizer, UnrolledError } from '../../src/index';
import { readSafetensors, type Safetensors, writeSafetensors } from '../../src/safetensors';
import { useFolder } from '../support/folder';
import { collect } from '../support/models';

const CHECKPOINT = join(__dirname, 'files', 'sound.checkpoint');
const CORPUS = Corpus.fromText('ab'.repeat(80));
const TRAINING = { batch: 2, window: 4, steps: 5 } as const;

/** Deeper than any stack: a call of JSON.stringify already ends at some thousands. */
const DEPTH = 50_000;
const LISTS = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;
const OBJECTS = `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`;

const MARK = 'the place of what is nested';

/** The JSON of a value with each part of it replaced, and with one member more in each object. */
function* variants(value: unknown): Generator<string> {
  const whole = structuredClone({ value });
  function* places(inner: Record<string, unknown>): Generator<string> {
    for (const [key, before] of Object.entries(inner)) {
      inner[key] = MARK;
      yield JSON.stringify(whole.value);
      inner[key] = before;
      if (typeof before === 'object' && before !== null) yield* places(before as Record<string, unknown>);
    }
    if (Array.isArray(inner)) return;
    inner['unheard of'] = MARK;
    yield JSON.stringify(whole.value);
    delete inner['unheard of'];
  }
  yield* places(whole);
}

describe('JSON that is nested deeply', function () {
  this.timeout(120_000);
  const at = useFolder();

  /** Tries every variant of the metadata of that name: what uses the file may work, or refuse it with a code. */
  async function tryAll(source: string, name: string, use: (path: string) => Promise<void>): Promise<number> {
    const { tensors, metadata }: Safetensors = await readSafetensors(source);
    let refused = 0;
    for (const json of variants(JSON.parse(metadata.get(name) as string))) {
      for (const nested of [LISTS, OBJECTS]) {
        const changed = new Map(metadata).set(name, json.replace(`"${MARK}"`, nested));
        await writeSafetensors(at('changed'), tensors, changed);
        await use(at('changed')).catch((error) => {
          assert.ok(error instanceof UnrolledError, `${json.slice(0, 200)}: ${error}`);
          assert.notEqual(error.code, 'ERR_UNROLLED_INTERNAL');
          assert.ok(error.message.length < 1000, error.message.slice(0, 200));
          refused++;
        });
      }
    }
    return refused;
  }

  for (const name of ['model', 'vocabulary', 'training']) {
    it(`is refused with a code in the ${name} of a checkpoint, wherever it stands, or does no harm`, async () => {
      const load = async (path: string) => (await LanguageModel.load(path)).dispose();
      const resume = async (path: string) => {
        using model = await LanguageModel.load(CHECKPOINT);
        await collect(model.fit(CORPUS, { ...TRAINING, resume: path }));
      };
      assert.ok((await tryAll(CHECKPOINT, name, resume)) > 5);
      assert.ok(name === 'training' || (await tryAll(CHECKPOINT, name, load)) > 5);
    });
  }

  it('is refused with a code in models of layers and in classifiers', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      layers: [layers.embedding(2), layers.lstm(2), layers.pooling('final'), layers.dense(1)],
    });
    await model.save(at('model'));
    const loadModel = async (path: string) => (await Model.load(path)).dispose();
    assert.ok((await tryAll(at('model'), 'model', loadModel)) > 5);
    const vectorizer = await TextVectorizer.adapt(['a b', 'b c'], { maxTokens: 5 });
    using classifier = TextClassifier.create({ vectorizer, classNames: ['x', 'y'], embedding: 2, hidden: 2, dense: 2 });
    await classifier.save(at('classifier'));
    const loadClassifier = async (path: string) => (await TextClassifier.load(path)).dispose();
    for (const name of ['model', 'vocabulary']) {
      assert.ok((await tryAll(at('classifier'), name, loadClassifier)) > 5);
    }
  });

  it('may be the state of a callback, as deep as it can be written; one that cannot has a code', async () => {
    const nested = (depth: number) => {
      let state: unknown[] = [];
      for (let i = 0; i < depth; i++) state = [state];
      return state;
    };
    const depthOf = (state: unknown) => {
      let depth = -1;
      for (let inner = state; Array.isArray(inner); inner = inner[0]) depth++;
      return depth;
    };
    let restored: unknown;
    const callback = (depth: number) => ({
      name: 'deep',
      getState: () => nested(depth),
      setState: (state: unknown) => {
        restored = state;
      },
    });
    const checkpoint = { path: at('run'), everySteps: 2 };
    const train = async (depth: number, options: object) => {
      using model = LanguageModel.create({ vocabulary: CORPUS.vocabulary, embedding: 2, hidden: 2 });
      await collect(model.fit(CORPUS, { ...TRAINING, callbacks: [callback(depth)], ...options }));
    };
    await train(1000, { steps: 2, checkpoint });
    await assert.rejects(train(DEPTH, { checkpoint }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'callbacks',
      message: /^The state of the callback deep is nested too deeply, or too large, for a checkpoint/,
    });
    await train(1000, { resume: at('run') });
    assert.equal(depthOf(restored), 1000);
  });
});
