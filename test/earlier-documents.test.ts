/**
 * Models of documents and their checkpoints as an earlier release saved them, without a mark: documents had the end
 * token after them alone, and an empty prompt without line end was the first id. They go on as they were.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Corpus, type EpochResult, LanguageModel } from '../src/index';
import { readSafetensors, writeSafetensors } from '../src/safetensors';
import { useFolder } from './support/folder';
import { collect } from './support/models';

const FILES = join(__dirname, 'training', 'files');
const EARLIER = join(FILES, 'documents-without-beginning.checkpoint');

/** What the release that wrote the checkpoint made of it: before it was resumed, then, and after. */
const EXPECTED = JSON.parse(readFileSync(join(FILES, 'documents-without-beginning.json'), 'utf8'));

const WORDS = ['apple', 'apricot', 'beet', 'bean', 'carrot', 'celery'];
const CORPUS = Corpus.fromDocuments(Array.from({ length: 30 }, (_, i) => WORDS[(i * 7) % 6] as string));
const FRESH = {
  vocabulary: CORPUS.vocabulary,
  cell: 'gru',
  hidden: 6,
  embedding: 4,
  seed: 3,
  dtype: 'float64',
} as const;

/** Equal, but for the last bits of numbers, which differ from one instruction set to another. */
function assertLike(received: unknown, expected: unknown, path = ''): void {
  if (typeof expected === 'number') {
    assert.ok(Math.abs((received as number) - expected) < 1e-9, `${path}: ${received}, not ${expected}`);
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) {
      assertLike((received as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.equal(received, expected, path);
}

async function figuresOf(model: LanguageModel): Promise<unknown> {
  return {
    evaluate: await model.evaluate(CORPUS),
    score: (await model.score('apricot', { perToken: true })).perToken?.map(({ logProbability }) => logProbability),
    withContext: (await model.score('ot', { context: '' })).logProbability,
    next: (await model.next('', 3)).map(({ token, logProbability }) => [token, logProbability]),
    sample: await model.sampleAll(['', '', 'be'], { length: 8, seed: 4 }),
    beam: (await model.beam('', { beams: 2, length: 6 })).map(({ text, logProbability }) => [text, logProbability]),
    probabilities: (await model.probabilities('ap')).data.slice(0, 5),
  };
}

function losses(epochs: readonly EpochResult[]): unknown {
  return epochs.map(({ loss, validationLoss }) => ({ loss, validationLoss }));
}

describe('a model of documents of an earlier release', () => {
  const at = useFolder();

  it('behaves as it did', async () => {
    using model = await LanguageModel.load(EARLIER);
    assert.equal(model.documents, false);
    assertLike(await figuresOf(model), EXPECTED.before);
    await assert.rejects(model.score('bean', { document: true }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'document',
      message: /earlier release/,
    });
  });

  it('is saved and taken as what it is', async () => {
    using model = await LanguageModel.load(EARLIER);
    await model.save(at('saved'));
    using saved = await LanguageModel.load(at('saved'));
    assertLike(await figuresOf(saved), EXPECTED.before);
    using taken = await LanguageModel.initFrom(EARLIER, { vocabulary: CORPUS.vocabulary });
    assertLike(await figuresOf(taken), EXPECTED.before);
  });

  it('is trained as it was', async () => {
    using model = await LanguageModel.load(EARLIER);
    const [epoch] = await collect(model.fit(CORPUS, { epochs: 1, batch: 4, window: 4, seed: 5 }));
    assertLike(epoch?.loss, EXPECTED.anew);
  });

  it('is resumed as it was, also by a new model, which is then such a one', async () => {
    const loaded = await LanguageModel.load(EARLIER);
    const fresh = LanguageModel.create(FRESH);
    assert.equal(fresh.documents, true);
    for (const model of [loaded, fresh]) {
      using resumed = model;
      const path = at('checkpoint');
      const epochs = await collect(resumed.fit(CORPUS, { resume: EARLIER, checkpoint: { path, everySteps: 5 } }));
      assertLike(losses(epochs), EXPECTED.resumed);
      assert.equal(resumed.documents, false);
      assertLike(await figuresOf(resumed), EXPECTED.after);
      using again = await LanguageModel.load(path);
      assert.equal(again.documents, false);
    }
  });

  it('gives its weights to a new one, which learns how a document begins', async () => {
    using earlier = await LanguageModel.load(EARLIER);
    using model = LanguageModel.create({ ...earlier.architecture, vocabulary: earlier.vocabulary, dtype: 'float64' });
    await model.model.setParameters(await earlier.parameters());
    await collect(model.fit(CORPUS, { epochs: 60, batch: 4, window: 8, learningRate: 0.02 }));
    const first = await model.next('', 3);
    assert.deepEqual(first.map(({ token }) => token).sort(), ['a', 'b', 'c']);
  });

  it('leaves a new model as it is where it cannot be resumed', async () => {
    using fresh = LanguageModel.create(FRESH);
    const refused = fresh.fit(CORPUS, { resume: EARLIER, seed: 9 }).next();
    await assert.rejects(refused, { code: 'ERR_UNROLLED_MODEL_MISMATCH' });
    assert.equal(fresh.documents, true);
  });
});

describe('the file of a model of documents', () => {
  const at = useFolder();

  it('says that it is one, and keeps it', async () => {
    using model = LanguageModel.create(FRESH);
    await model.save(at('model'));
    const { metadata } = await readSafetensors(at('model'));
    assert.equal(JSON.parse(metadata.get('model') as string).documents, true);
    using loaded = await LanguageModel.load(at('model'));
    using taken = await LanguageModel.initFrom(at('model'), { vocabulary: CORPUS.vocabulary });
    const expected = await model.next('', 5);
    for (const other of [loaded, taken]) {
      assert.equal(other.documents, true);
      assert.deepEqual(await other.next('', 5), expected);
    }
    using skipping = await LanguageModel.load(at('model'), { unknown: 'skip' });
    assert.equal(skipping.documents, true);
  });

  it('makes a model of documents of weights from elsewhere, by the vocabulary', async () => {
    using model = LanguageModel.create(FRESH);
    await model.save(at('model'));
    const { tensors } = await readSafetensors(at('model'));
    await writeSafetensors(at('weights'), tensors, new Map());
    using taken = await LanguageModel.initFrom(at('weights'), FRESH);
    assert.equal(taken.documents, true);
  });

  it('turns a resumed model into one of documents', async () => {
    using model = LanguageModel.create(FRESH);
    using cut = LanguageModel.create(FRESH);
    const options = { epochs: 2, batch: 4, window: 4 };
    const whole = await collect(model.fit(CORPUS, options));
    for await (const _ of cut.fit(CORPUS, { ...options, checkpoint: { path: at('run'), everySteps: 7 } })) break;
    using earlier = await LanguageModel.load(EARLIER);
    const resumed = await collect(earlier.fit(CORPUS, { resume: at('run') }));
    assert.equal(earlier.documents, true);
    assert.ok(resumed.length > 0);
    assert.equal(resumed.at(-1)?.loss, whole.at(-1)?.loss);
    assert.deepEqual(await earlier.next('', 5), await model.next('', 5));
  });

  it('is refused where its mark is damaged', async () => {
    using model = LanguageModel.create(FRESH);
    await model.save(at('model'));
    const file = await readSafetensors(at('model'));
    const described = JSON.parse(file.metadata.get('model') as string);
    const refused = { code: 'ERR_UNROLLED_MODEL_FORMAT', message: /documents/ };
    for (const documents of [false, 1, 'yes', null, {}]) {
      file.metadata.set('model', JSON.stringify({ ...described, documents }));
      await writeSafetensors(at('changed'), file.tensors, file.metadata);
      await assert.rejects(LanguageModel.load(at('changed')), refused);
      await assert.rejects(LanguageModel.initFrom(at('changed'), { vocabulary: CORPUS.vocabulary }), refused);
    }
    using plain = LanguageModel.create({ ...FRESH, vocabulary: Corpus.fromText('apple').vocabulary });
    await plain.save(at('plain'));
    const text = await readSafetensors(at('plain'));
    const marked = { ...JSON.parse(text.metadata.get('model') as string), documents: true };
    text.metadata.set('model', JSON.stringify(marked));
    await writeSafetensors(at('changed'), text.tensors, text.metadata);
    await assert.rejects(LanguageModel.load(at('changed')), refused);
  });
});
