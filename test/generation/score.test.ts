/** Log-probabilities of texts and of next tokens. */

import assert from 'node:assert/strict';
import { LanguageModel, type UnrolledError, Vocabulary } from '../../src/index';
import { CORPUS, smallModel, train } from '../support/models';

const TEXT = CORPUS.text.slice(0, 400);

describe('score and next', () => {
  let model: LanguageModel;

  before(async () => {
    model = smallModel({ dtype: 'float64' });
    await train(model, { epochs: 10, learningRate: 0.01 });
  });

  after(() => model.dispose());

  it('score sums what probabilities says of each token after the first', async () => {
    const { data, shape } = await model.probabilities(TEXT);
    const expected = Array.from(model.vocabulary.encode(TEXT).subarray(1), (id, i) =>
      Math.log(data[i * shape[1]! + id] as number),
    );
    const result = await model.score(TEXT, { perToken: true });
    assert.equal(result.tokens, 399);
    assert.deepEqual(
      result.perToken?.map(({ token }) => token),
      [...TEXT].slice(1),
    );
    for (const [i, { logProbability }] of (result.perToken ?? []).entries()) {
      assert.ok(Math.abs(logProbability - (expected[i] as number)) < 1e-9, `token ${i + 1}`);
    }
    const sum = expected.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(result.logProbability - sum) < 1e-8);
    const { perplexity } = await model.evaluate(CORPUS);
    assert.ok(Math.abs((await model.score(CORPUS.text)).perplexity - perplexity) < 1e-9);
    assert.equal('perToken' in (await model.score(TEXT)), false);
  });

  it('with a context scores every token of the text, and the context not', async () => {
    for (const split of [1, 5, 200, 399]) {
      const before = await model.score(TEXT.slice(0, split + 1), { context: 't' });
      assert.equal(before.tokens, split + 1);
      const rest = await model.score(TEXT.slice(split), { context: TEXT.slice(0, split), perToken: true });
      const whole = await model.score(TEXT, { perToken: true });
      assert.equal(rest.tokens, 400 - split);
      for (const [i, { token, logProbability }] of (rest.perToken ?? []).entries()) {
        const same = whole.perToken?.[split - 1 + i];
        assert.equal(token, same?.token);
        assert.ok(Math.abs(logProbability - (same?.logProbability as number)) < 1e-9);
      }
    }
    const empty = await model.score('the', { context: '' });
    assert.deepEqual(empty, await model.score('the', { context: '\n' }));
    assert.equal((await model.score('t', { context: 'the' })).tokens, 1);
  });

  it('score counts the tokens that the vocabulary knows, and those that it replaces or leaves out', async () => {
    const bounded = Vocabulary.build(CORPUS.text, { minCount: 1 });
    const text = 'the XYZ dog';
    using replacing = smallModel({ vocabulary: bounded });
    const { tokens, ...replaced } = await replacing.score(text);
    assert.deepEqual([replaced.knownTokens, replaced.unknownTokens, tokens], [8, 3, 10]);
    using skipping = smallModel({ vocabulary: bounded.withUnknown('skip') });
    const skipped = await skipping.score(text, { context: 'X' });
    assert.deepEqual([skipped.knownTokens, skipped.unknownTokens, skipped.tokens], [8, 3, 8]);
    await assert.rejects(skipping.score('XYZ'), {
      code: 'ERR_UNROLLED_CORPUS_EMPTY',
      message: 'The text has no token that the model knows (3 unknown ones: "X" (U+0058), "Y" (U+0059), "Z" (U+005A)).',
    });
  });

  it('next, score and probabilities name what a vocabulary that skips has left out, where nothing is left', async () => {
    using skipping = smallModel({ vocabulary: CORPUS.vocabulary.withUnknown('skip') });
    for (const [text, named] of [
      ['ZZ', '(2 unknown ones: "Z" (U+005A)).'],
      ['Z\u0000Ж中', '(4 unknown ones: "Z" (U+005A), '],
      ['ABCDEFGH', '(8 unknown ones: "A" (U+0041), "B" (U+0042), "C" (U+0043), "D" (U+0044), "E" (U+0045), …).'],
    ] as const) {
      for (const call of [skipping.next(text), skipping.score(text), skipping.probabilities(text)]) {
        await assert.rejects(call, (error: UnrolledError) => {
          assert.equal(error.code, 'ERR_UNROLLED_CORPUS_EMPTY');
          assert.ok(error.message.startsWith(`The text has no token that the model knows ${named}`), error.message);
          return true;
        });
      }
    }
    assert.ok((await skipping.next('')).length > 0); // a line end
  });

  it('next is the distribution after the text, likeliest first', async () => {
    const { data, shape } = await model.probabilities('the qu');
    const last = Array.from(data.slice(-shape[1]!));
    const all = await model.next('the qu', 1000);
    assert.equal(all.length, model.vocabulary.size);
    for (const [i, { token, id, probability, logProbability }] of all.entries()) {
      assert.equal(token, model.vocabulary.token(id));
      assert.ok(Math.abs(probability - (last[id] as number)) < 1e-12);
      assert.ok(Math.abs(Math.exp(logProbability) - probability) < 1e-12);
      if (i > 0) assert.ok(logProbability <= (all[i - 1]?.logProbability as number));
    }
    assert.deepEqual(await model.next('the qu', 3), all.slice(0, 3));
    assert.equal((await model.next('the qu')).length, 10);
    assert.equal(all[0]?.token, await model.sample('the qu', { length: 1, temperature: 0 }));
    assert.deepEqual(await model.next('', 2), await model.next('\n', 2));
  });

  it('refuses what it cannot score', async () => {
    await assert.rejects(model.score(''), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(model.score('', { context: 'the' }), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(model.score('t'), { code: 'ERR_UNROLLED_CORPUS_TOO_SHORT', message: /at least 2 tokens/ });
    await assert.rejects(model.score('the', { document: true }), {
      ...{ code: 'ERR_UNROLLED_OPTION_RANGE', option: 'document', message: /left out for a model of plain text/ },
    });
    await assert.rejects(model.score('THE'), { code: 'ERR_UNROLLED_UNKNOWN_TOKEN' });
    await assert.rejects(model.score('the', { prompt: 'a' } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
    await assert.rejects(model.score('the', { context: 3 as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    await assert.rejects(model.score('the', { perToken: 1 as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
    for (const k of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(model.next('the', k), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'k' });
    }
    await assert.rejects(model.next('the', 1, { top: 1 } as never), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });

  it('ends on a signal, and after dispose', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(model.score(TEXT, { signal }), { code: 'ERR_UNROLLED_ABORTED' });
    await assert.rejects(model.next(TEXT, 1, { signal }), { code: 'ERR_UNROLLED_ABORTED' });
    const gone = smallModel();
    gone.dispose();
    await assert.rejects(gone.score(TEXT), { code: 'ERR_UNROLLED_DISPOSED' });
    await assert.rejects(gone.next(TEXT), { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('refuses an output that is not finite, wherever one is needed', async () => {
    const size = { hidden: 4, embedding: 2, cell: 'rnn', nonlinearity: 'relu' } as const;
    using broken = LanguageModel.create({ vocabulary: Vocabulary.build('ab'), ...size });
    const weights = await broken.parameters();
    for (const { data } of Object.values(weights)) data.fill(3e38);
    await broken.model.setParameters(weights);
    const refused = { code: 'ERR_UNROLLED_MODEL_NOT_FINITE' };
    await assert.rejects(broken.score('abab'), refused);
    await assert.rejects(broken.next('a'), refused);
    await assert.rejects(broken.sample('a'), refused);
    await assert.rejects(broken.sampleAll(['a', 'b']), refused);
    await assert.rejects(broken.beam('a'), refused);
  });
});
