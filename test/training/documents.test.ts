/** Language models of documents, each of which begins from a zero state. */

import assert from 'node:assert/strict';
import { Corpus, LanguageModel } from '../../src/index';
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
    assert.ok((results.at(-1)?.loss as number) < 0.45, String(results.at(-1)?.loss));
    // Whatever was read before: the score of all is that of each.
    const { loss, tokens } = await model.evaluate(CORPUS);
    assert.equal(
      tokens,
      DOCUMENTS.reduce((sum, { length }) => sum + length, 0),
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
