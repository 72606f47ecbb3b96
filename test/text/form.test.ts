/** The form in which a model's texts were read is kept with the model, and every text it meets is brought into it. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Corpus,
  callbacks,
  datasets,
  type EpochResult,
  FileCorpus,
  LanguageModel,
  type LanguageModelOptions,
  SequenceClassifier,
  Vocabulary,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { useFolder } from '../support/folder';
import { collect, weights } from '../support/models';

/** As the model has it: composed, with LF. */
const LINES = 'La caña está aquí.\nÀ bientôt, ma chérie, à Noël!\n';

/** The same text decomposed, with CR LF. */
function asFound(text: string): string {
  return text.normalize('NFD').replaceAll('\n', '\r\n');
}

const FORM = { lineEnds: 'lf', normalization: 'NFC' } as const;
const STREAM = { batch: 4, window: 8 } as const;

/** Made by the release before forms were kept: a text like `LINES`, read in `FORM`, after one epoch of two. */
const BEFORE = join(__dirname, '..', 'training', 'files', 'before-forms.checkpoint');
const BEFORE_TEXT = 'La caña está aquí.\nÀ bientôt, ma chérie, à Noël!\n'.repeat(20);

function modelOf(corpus: Corpus | FileCorpus, options: Partial<LanguageModelOptions> = {}): LanguageModel {
  return LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'rnn', embedding: 4, hidden: 4, ...options });
}

const VARIABLE = 'UNROLLED_CACHE';

describe('the form of a model’s texts', () => {
  const at = useFolder();
  let text = '';
  let corpus: Corpus;
  let model: LanguageModel;
  const { UNROLLED_CACHE } = process.env;

  beforeEach(async () => {
    process.env[VARIABLE] = at('cache');
    text = LINES.repeat(10);
    writeFileSync(at('found.txt'), asFound(text));
    corpus = await datasets.text(at('found.txt'), FORM);
    using trained = modelOf(corpus, { hidden: 16, embedding: 8 });
    await collect(trained.fit(corpus, { ...STREAM, epochs: 10, learningRate: 0.01 }));
    await trained.save(at('model.safetensors'));
    model = await LanguageModel.load(at('model.safetensors'));
  });

  afterEach(() => {
    model.dispose();
    if (UNROLLED_CACHE === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = UNROLLED_CACHE;
  });

  it('goes from the reading of a corpus into the file of its model', async () => {
    assert.equal(corpus.text, text);
    assert.deepEqual(model.vocabulary.form, FORM);
    assert.deepEqual([...model.vocabulary.encode(asFound(text))], [...corpus.ids]);
    const declared = [
      Corpus.fromText(asFound(text), FORM),
      Corpus.fromDocuments([asFound(text)], FORM),
      await datasets.textFile(at('found.txt'), FORM),
      await datasets.documents(at('found.txt'), { format: 'lines', ...FORM }),
    ];
    for (const { vocabulary } of declared) {
      assert.deepEqual(vocabulary.form, FORM);
      assert.equal(vocabulary.id('\r'), undefined);
      assert.equal(vocabulary.tokenCounts('\u0301').unknownTokens, 1, 'no mark is a token');
    }
    assert.deepEqual(declared[1] instanceof Corpus && declared[1].documents, [text]);
    assert.equal((await datasets.text(at('found.txt'))).vocabulary.form, undefined);
  });

  it('is that of prompts and of texts to be judged', async () => {
    const line = 'À bientôt, ma chérie\nLa caña';
    const found = asFound(line);
    const options = { length: 30, seed: 3 };
    assert.equal(await model.sample(found, options), await model.sample(line, options));
    assert.deepEqual(await model.sampleAll([found, 'La'], options), await model.sampleAll([line, 'La'], options));
    assert.deepEqual(await collect(model.stream(found, options)), await collect(model.stream(line, options)));
    assert.deepEqual(await model.beam(found, { length: 8 }), await model.beam(line, { length: 8 }));
    assert.deepEqual(await model.next(found), await model.next(line));
    assert.deepEqual(await model.probabilities(found), await model.probabilities(line));
    const scored = await model.score(line, { context: line, perToken: true });
    assert.deepEqual(await model.score(found, { context: found, perToken: true }), scored);
    assert.equal(scored.unknownTokens, 0);
  });

  it('is that of stop strings', async () => {
    for (const stop of ['é', 'ñ', '\n', 'ë']) {
      const options = { length: 200, seed: 1 };
      const found = asFound(stop);
      for (const includeStop of [false, true]) {
        const expected = await model.sample('La ', { ...options, stop, includeStop });
        assert.equal(await model.sample('La ', { ...options, stop: found, includeStop }), expected);
        assert.equal(expected.endsWith(stop), includeStop, expected);
      }
      const beam = { length: 60, beams: 2 };
      assert.deepEqual(await model.beam('La ', { ...beam, stop: found }), await model.beam('La ', { ...beam, stop }));
    }
  });

  it('is that of a corpus to be judged, in memory and in its file, one text and documents', async () => {
    const expected = await model.evaluate(corpus);
    for (const other of [
      Corpus.fromText(asFound(text)),
      Corpus.fromText(asFound(text), { normalization: 'NFD' }),
      await datasets.text(at('found.txt'), { lineEnds: 'lf' }),
      await datasets.textFile(at('found.txt')),
      await datasets.textFile(at('found.txt'), { normalization: 'NFKD', idsFile: at('ids') }),
      await FileCorpus.read(at('found.txt'), { vocabulary: model.vocabulary }),
    ]) {
      assert.deepEqual(await model.evaluate(other), expected);
    }
    const documents = await datasets.documents(at('found.txt'), { format: 'lines', ...FORM });
    using ofDocuments = modelOf(documents);
    const found = await datasets.documents(at('found.txt'), { format: 'lines' });
    assert.deepEqual(await ofDocuments.evaluate(found), await ofDocuments.evaluate(documents));
  });

  it('does not read a corpus anew that has it', async () => {
    const inFile = await datasets.textFile(at('found.txt'), { ...FORM, idsFile: at('ids') });
    writeFileSync(at('found.txt'), 'gone');
    assert.equal((await model.evaluate(inFile)).tokens, corpus.ids.length - 1);
    const inMore = Corpus.fromText(text, { lineEnds: 'lf', normalization: 'NFKC' });
    assert.deepEqual(await model.evaluate(inMore), await model.evaluate(corpus));
  });

  it('is that of a text to train on', async () => {
    using one = modelOf(corpus);
    using other = modelOf(corpus);
    await collect(one.fit(corpus, { ...STREAM, epochs: 1 }));
    await collect(other.fit(Corpus.fromText(asFound(text)), { ...STREAM, epochs: 1 }));
    assert.deepEqual(await weights(other), await weights(one));
  });

  it('is that of the text in a report', async () => {
    await model.report(at('a.html'), { text: LINES });
    await model.report(at('b.html'), { text: asFound(LINES) });
    assert.equal(readFileSync(at('b.html'), 'utf8'), readFileSync(at('a.html'), 'utf8'));
  });

  it('is taken over by initFrom, which refuses another', async () => {
    const { form: _, ...json } = corpus.vocabulary.toJSON();
    const plain = Vocabulary.fromJSON(json);
    using same = await LanguageModel.initFrom(at('model.safetensors'), { vocabulary: plain });
    assert.deepEqual(same.vocabulary.form, FORM);
    for (const [option, value] of [
      ['normalization', 'NFD'],
      ['normalization', 'none'],
      ['lineEnds', 'keep'],
    ] as const) {
      const vocabulary = corpus.vocabulary.withForm({ [option]: value });
      await assert.rejects(LanguageModel.initFrom(at('model.safetensors'), { vocabulary }), {
        code: 'ERR_UNROLLED_MODEL_MISMATCH',
        option,
        expected: FORM[option],
        received: value,
      });
    }
  });

  it('lets a training go on with the text as it was found', async () => {
    const options = { ...STREAM, epochs: 2 };
    using whole = modelOf(corpus);
    await collect(whole.fit(corpus, { ...options, callbacks: [] }));
    using begun = modelOf(corpus);
    const checkpoint = callbacks.checkpoint({ path: at('run.safetensors') });
    for await (const { epoch } of begun.fit(corpus, { ...options, callbacks: [checkpoint] })) if (epoch === 0) break;
    for (const found of [Corpus.fromText(asFound(text)), await datasets.textFile(at('found.txt'))]) {
      using resumed = await LanguageModel.load(at('run.safetensors'));
      await collect(resumed.fit(found, { resume: at('run.safetensors') }));
      assert.deepEqual(await weights(resumed), await weights(whole));
    }
    using other = modelOf(Corpus.fromText(text));
    await assert.rejects(collect(other.fit(Corpus.fromText(text), { resume: at('run.safetensors') })), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'vocabulary.form',
    });
  });

  it('is what a classifier with such a vocabulary reads', async () => {
    const { vocabulary } = corpus;
    using created = SequenceClassifier.create({ vocabulary, classes: 2, hidden: 4, embedding: 4 });
    await created.save(at('classifier.safetensors'));
    using classifier = await SequenceClassifier.load(at('classifier.safetensors'));
    const [found, formed] = await classifier.predict([asFound(LINES), LINES]);
    assert.deepEqual(found, formed);
  });

  it('is not in the file of a model whose text was taken as it is, nor is anything done to its texts', async () => {
    using plain = modelOf(Corpus.fromText(text));
    await plain.save(at('plain.safetensors'));
    assert.ok(!readFileSync(at('plain.safetensors'), 'latin1').includes('lineEnds'));
    using loaded = await LanguageModel.load(at('plain.safetensors'));
    assert.equal(loaded.vocabulary.form, undefined);
    await assert.rejects(loaded.score(asFound(LINES)), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    assert.equal((await loaded.evaluate(corpus)).tokens, corpus.ids.length - 1, 'what has a form is taken as it is');
  });

  it('need not be in a checkpoint of an earlier release, which is gone on with as before', async () => {
    writeFileSync(at('found.txt'), asFound(BEFORE_TEXT));
    const formed = await datasets.text(at('found.txt'), FORM);
    const epochs: EpochResult[] = [];
    using loaded = await LanguageModel.load(BEFORE);
    assert.equal(loaded.vocabulary.form, undefined);
    epochs.push(...(await collect(loaded.fit(formed, { resume: BEFORE }))));
    const checkpoint = callbacks.checkpoint({ path: at('run.safetensors') });
    using created = modelOf(formed);
    epochs.push(...(await collect(created.fit(formed, { resume: BEFORE, callbacks: [checkpoint] }))));
    assert.deepEqual(
      epochs.map(({ epoch }) => epoch),
      [1, 1],
    );
    assert.deepEqual(await weights(created), await weights(loaded));
    const { vocabulary } = (await readCheckpoint(at('run.safetensors'))).header;
    assert.deepEqual(Vocabulary.fromJSON(vocabulary).form, FORM, 'and is from now on');
    using other = await LanguageModel.load(BEFORE);
    await assert.rejects(collect(other.fit(await datasets.text(at('found.txt')), { resume: BEFORE })), {
      code: 'ERR_UNROLLED_MODEL_MISMATCH',
      option: 'resume',
    });
  });
});
