/** Language models of documents, each of which begins from a zero state. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Corpus, datasets, LanguageModel } from '../../src/index';
import { useFolder } from '../support/folder';
import { train, weights } from '../support/models';

/** Every document starts with the letter that it ends with; only a state of its own tells. */
const DOCUMENTS = Array.from({ length: 40 }, (_, index) => {
  const letter = 'abcd'[index % 4] as string;
  return `${letter}${'x'.repeat(1 + (index % 5))}${letter}`;
});
const CORPUS = Corpus.fromDocuments(DOCUMENTS);

function makeModel(): LanguageModel {
  return LanguageModel.create({ vocabulary: CORPUS.vocabulary, embedding: 8, hidden: 16 });
}

describe('documents', () => {
  const at = useFolder();

  it('are learned, each from a zero state', async () => {
    using model = makeModel();
    const results = await train(model, { epochs: 60, learningRate: 0.02, batch: 4, window: 4 }, CORPUS);
    // The first letter takes ln 4 nats a document, the rest at best what was left of them before.
    assert.ok((results.at(-1)?.loss as number) < 0.61, String(results.at(-1)?.loss));
    // Whatever was read before: the score of all is that of each.
    const { loss, tokens } = await model.evaluate(CORPUS);
    assert.equal(
      tokens,
      DOCUMENTS.reduce((sum, { length }) => sum + length + 1, 0),
    );
    let sum = 0;
    for (const document of DOCUMENTS) {
      const one = Corpus.fromDocuments([document]).withVocabulary(CORPUS.vocabulary);
      const score = await model.evaluate(one);
      sum += score.loss * score.tokens;
    }
    assert.ok(Math.abs(sum / tokens - loss) < 1e-5);
    for (const batch of [3, 1000]) {
      assert.ok(Math.abs((await model.evaluate(CORPUS, { batch, window: 2 })).loss - loss) < 1e-5);
    }
  });

  it('are read in another order each epoch, unless told otherwise', async () => {
    for (const shuffle of [true, false]) {
      using model = makeModel();
      const options = { epochs: 2, optimizer: 'sgd', learningRate: 0, batch: 2, window: 100, shuffle } as const;
      const [first, second] = await train(model, options, CORPUS);
      const isSame = first?.stepLosses.every((loss, step) => loss === second?.stepLosses[step]);
      assert.equal(isSame, !shuffle);
      assert.ok(Math.abs((first?.loss as number) - (second?.loss as number)) < 1e-6);
    }
  });

  it('go on from a checkpoint in the same bits', async () => {
    const options = { epochs: 4, batch: 3, window: 3, validation: 0.2, checkpoint: { path: at('c'), everySteps: 5 } };
    using whole = makeModel();
    const expected = await train(whole, options, CORPUS);
    using cut = makeModel();
    const breaks = {
      everySteps: 23,
      onStep: () => {
        throw new Error('cut');
      },
    };
    await assert.rejects(train(cut, { ...options, callbacks: [breaks] }, CORPUS), { message: 'cut' });
    using resumed = await LanguageModel.load(at('c'));
    const results = await train(resumed, { ...options, resume: at('c') }, CORPUS);
    assert.deepEqual(await weights(resumed), await weights(whole));
    assert.deepEqual(
      results.map(({ loss, validationLoss }) => [loss, validationLoss]),
      expected.slice(-results.length).map(({ loss, validationLoss }) => [loss, validationLoss]),
    );
  });

  it('are predicted from their first token to their end, in training, in validation and in a window of one', async () => {
    const still = { epochs: 1, optimizer: 'sgd', learningRate: 0, validation: 0.25 } as const;
    const { train: trained } = CORPUS.split(0.25);
    for (const size of [
      { batch: 1, window: 1 },
      { batch: 3, window: 2 },
      { batch: 1000, window: 1000 },
    ]) {
      using model = makeModel();
      const [epoch] = await train(model, { ...still, ...size }, CORPUS);
      const count = epoch?.stepLosses.length as number;
      const scores = await Promise.all(DOCUMENTS.map((text) => model.score(text, { document: true })));
      const parts = [scores.slice(0, -10), scores.slice(-10)];
      const [loss, validationLoss] = parts.map((part) => {
        const tokens = part.reduce((sum, score) => sum + score.tokens, 0);
        return part.reduce((sum, score) => sum - score.logProbability, 0) / tokens;
      });
      assert.ok(Math.abs((epoch?.loss as number) - (loss as number)) < 1e-5);
      assert.ok(Math.abs((epoch?.validationLoss as number) - (validationLoss as number)) < 1e-5);
      assert.ok(size.batch === 1 ? count === trained.length : count < trained.length);
    }
  });

  it('of one token are documents too, and those whose tokens are all skipped are none', async () => {
    const corpus = Corpus.fromDocuments(['a', 'b', 'a', 'b']);
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 4, hidden: 8 });
    await train(model, { epochs: 60, learningRate: 0.05, batch: 4, window: 4 }, corpus);
    const { tokens, loss } = await model.evaluate(corpus);
    assert.equal(tokens, 8);
    assert.ok(Math.abs(loss - Math.LN2 / 2) < 0.05, String(loss));
    const skipping = corpus.vocabulary.withUnknown('skip');
    const others = Corpus.fromDocuments(['zz', 'a', 'y']).withVocabulary(skipping);
    assert.equal((await model.evaluate(others)).tokens, 2);
    await assert.rejects(model.evaluate(Corpus.fromDocuments(['zz']).withVocabulary(skipping)), {
      code: 'ERR_UNROLLED_CORPUS_TOO_SHORT',
    });
  });

  it('may be one text, of which a file in parts is the same', async () => {
    const text = DOCUMENTS.join('').slice(0, 150);
    writeFileSync(at('text.txt'), text);
    const inMemory = Corpus.fromText(text).withVocabulary(CORPUS.vocabulary);
    const inFile = await datasets.textFile(at('text.txt'), { vocabulary: CORPUS.vocabulary, idsFile: at('ids') });
    const options = { epochs: 2, batch: 3, window: 10, validation: 0.2, learningRate: 0.01 };
    using one = makeModel();
    using other = makeModel();
    // Rows of 40 of 121 ids, the end token before the first among them.
    const [first] = await train(one, options, inMemory);
    assert.equal(first?.stepLosses.length, 4);
    const path = at('checkpoint');
    await train(other, { ...options, checkpoint: { path, everySteps: 3 } }, inFile);
    assert.deepEqual(await weights(other), await weights(one));
    assert.deepEqual(await other.evaluate(inFile), await one.evaluate(inMemory));
    using resumed = await LanguageModel.load(path);
    await train(resumed, { ...options, resume: path }, inMemory);
    assert.deepEqual(await weights(resumed), await weights(one));
    for (const corpus of [inMemory, inFile]) {
      const { tokens } = await one.evaluate(corpus, { batch: 1 });
      assert.equal(tokens, text.length);
      const { stepsPerEpoch } = await one.estimate(corpus, options);
      assert.equal(stepsPerEpoch, 4);
    }
    const exact = Corpus.fromText(text.slice(0, 30)).withVocabulary(CORPUS.vocabulary);
    const [whole] = await train(one, { epochs: 1, batch: 3, window: 10 }, exact);
    assert.equal(whole?.stepLosses.length, 1);
    await assert.rejects(train(one, { epochs: 1, batch: 3, window: 11 }, exact), {
      code: 'ERR_UNROLLED_CORPUS_TOO_SHORT',
      message: /has 30 tokens: with batch 3 its rows have 10, but at least 11 are needed\. Give at least 33 tokens/,
    });
  });

  it('are refused by a model of plain text', async () => {
    using model = LanguageModel.create({ vocabulary: Corpus.fromText(DOCUMENTS.join('')).vocabulary, hidden: 8 });
    for (const work of [model.evaluate(CORPUS), train(model, {}, CORPUS)]) {
      await assert.rejects(work, { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'vocabulary', message: /end token/ });
    }
  });

  it('have a schedule that ends with the run', async () => {
    using model = makeModel();
    const options = { epochs: 3, batch: 3, window: 3, schedule: 'linear', learningRate: 0.1 } as const;
    const results = await train(model, options, CORPUS);
    const rates = results.flatMap(({ stepLearningRates }) => [...stepLearningRates]);
    assert.ok(Math.abs((rates.at(-1) as number) - 0.1 / rates.length) < 1e-9);
  });

  it('can be estimated', async () => {
    using model = makeModel();
    const { secondsPerEpoch, stepsPerEpoch } = await model.estimate(CORPUS, { batch: 4, window: 4 });
    assert.ok(secondsPerEpoch > 0 && stepsPerEpoch > 1);
  });
});
