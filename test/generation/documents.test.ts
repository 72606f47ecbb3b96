/** Models of documents: how a document begins, goes on and ends, wherever a model reads or writes one. */

import assert from 'node:assert/strict';
import { Corpus, LanguageModel, type LanguageModelOptions, type TokenKind } from '../../src/index';
import { collect } from '../support/models';

/** Each with the same probability; so are their first letters. */
const WORDS = ['apple', 'apricot', 'beet', 'bean', 'carrot', 'celery'];

function documentsOf(words: readonly string[]): string[] {
  return Array.from({ length: 300 }, (_, index) => words[(index * 7) % words.length] as string);
}

const CORPUS = Corpus.fromDocuments(documentsOf(WORDS));

async function trained(corpus: Corpus, options: Partial<LanguageModelOptions> = {}, epochs = 40) {
  const { vocabulary } = corpus;
  const model = LanguageModel.create({ vocabulary, cell: 'gru', hidden: 32, embedding: 16, seed: 1, ...options });
  await collect(model.fit(corpus, { epochs, batch: 16, window: 8, learningRate: 0.01 }));
  return model;
}

function isNear(value: number, expected: number, tolerance: number, what = ''): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${what} ${value} where ${expected} is right`);
}

/** The probability that the model has for these documents together. */
async function likelihood(model: LanguageModel, documents: readonly string[]): Promise<number> {
  let sum = 0;
  for (const text of documents) sum += Math.exp((await model.score(text, { document: true })).logProbability);
  return sum;
}

describe('a model of documents', () => {
  let model: LanguageModel;

  before(async () => {
    model = await trained(CORPUS, { dtype: 'float64' });
  });

  after(() => model.dispose());

  it('says that it is one', () => {
    assert.equal(model.documents, true);
    using plain = LanguageModel.create({ vocabulary: Corpus.fromText('ab').vocabulary, hidden: 4 });
    assert.equal(plain.documents, false);
  });

  it('writes whole documents after an empty prompt, and those that begin with a prompt', async () => {
    const texts = await model.sampleAll(Array(200).fill(''), { length: 20 });
    const whole = texts.filter((text) => WORDS.includes(text));
    assert.ok(whole.length >= 190, String(whole.length));
    assert.equal(new Set(whole).size, WORDS.length);
    const continued = await model.sampleAll(Array(50).fill('a'), { length: 20 });
    assert.ok(continued.filter((text) => ['pple', 'pricot'].includes(text)).length >= 45);
    assert.equal(await model.sample('celer', { length: 20, temperature: 0 }), 'y');
  });

  it('writes the same alone, together, and in pieces', async () => {
    const texts = await model.sampleAll(['', '', 'be', ''], { length: 20, seed: 7 });
    for (const [i, prompt] of ['', '', 'be', ''].entries()) {
      assert.equal(await model.sample(prompt, { length: 20, seed: 7 + i }), texts[i]);
      for (const by of ['piece', 'grapheme'] as const) {
        const pieces = await collect(model.stream(prompt, { length: 20, seed: 7 + i, piece: 1, by }));
        assert.equal(pieces.join(''), texts[i]);
      }
    }
  });

  it('knows what documents begin with', async () => {
    const first = await model.next('', 3);
    assert.deepEqual(first.map(({ token }) => token).sort(), ['a', 'b', 'c']);
    for (const { token, probability } of first) isNear(probability, 1 / 3, 0.1, token);
    const after = await model.next('beet', 1);
    assert.deepEqual([after[0]?.id, after[0]?.token], [CORPUS.vocabulary.endId, '']);
  });

  it('is fed the end token first, whatever the text', async () => {
    const { vocabulary } = model;
    const fed = Int32Array.of(vocabulary.endId as number, ...vocabulary.encode('apr'));
    const { output } = await model.model.forward({ ids: { dtype: 'int32', shape: [4, 1], data: fed } });
    const { size } = vocabulary;
    const { shape, data } = await model.probabilities('apr');
    assert.deepEqual(shape, [3, size]);
    for (const [step, prompt] of ['', 'a', 'ap', 'apr'].entries()) {
      const logits = output.data.subarray(step * size, (step + 1) * size);
      const sum = Array.from(logits).reduce((total, logit) => total + Math.exp(logit), 0);
      for (const { id, probability } of await model.next(prompt, size)) {
        isNear(probability, Math.exp(logits[id] as number) / sum, 1e-12, prompt);
        if (step > 0) isNear(data[(step - 1) * size + id] as number, probability, 1e-12, prompt);
      }
    }
  });

  it('scores the first token, and the end where the document is whole', async () => {
    for (const text of WORDS) {
      let sum = 0;
      for (let length = 0; length < text.length; length++) {
        const next = await model.next(text.slice(0, length), 100);
        sum += next.find(({ token }) => token === text[length])?.logProbability ?? Number.NaN;
      }
      const open = await model.score(text, { perToken: true });
      isNear(open.logProbability, sum, 1e-9, text);
      assert.equal(open.tokens, text.length);
      assert.deepEqual(open.perToken?.map(({ token }) => token).join(''), text);
      isNear(open.perToken?.[0]?.logProbability as number, Math.log(1 / 3), 0.4, text);
      const end = (await model.next(text, 100)).find(({ id }) => id === CORPUS.vocabulary.endId);
      const whole = await model.score(text, { document: true, perToken: true });
      isNear(whole.logProbability, sum + (end?.logProbability as number), 1e-9, text);
      assert.equal(whole.tokens, text.length + 1);
      assert.equal(whole.perToken?.at(-1)?.token, '');
      isNear(whole.perplexity, Math.exp(-whole.logProbability / (text.length + 1)), 1e-12);
    }
    isNear(await likelihood(model, WORDS), 1, 0.05);
  });

  it('scores what goes on from a context, which is the beginning of a document', async () => {
    const whole = await model.score('apricot', { perToken: true });
    const rest = await model.score('cot', { context: 'apri', perToken: true });
    assert.equal(rest.tokens, 3);
    for (const [i, { logProbability }] of (rest.perToken ?? []).entries()) {
      isNear(logProbability, whole.perToken?.[4 + i]?.logProbability as number, 1e-9);
    }
    assert.deepEqual(await model.score('apricot', { context: '' }), await model.score('apricot'));
    assert.equal((await model.score('t', { context: 'apricot' })).tokens, 1);
    assert.equal((await model.score('a')).tokens, 1);
    const ends = await model.score('', { context: 'bean', document: true });
    assert.equal(ends.tokens, 1);
    isNear(ends.logProbability, 0, 0.1);
    const empty = await model.score('', { document: true });
    assert.ok(empty.logProbability < -3, 'no document is empty');
    await assert.rejects(model.score(''), { code: 'ERR_UNROLLED_CORPUS_EMPTY' });
    await assert.rejects(model.score('a', { document: 1 as never }), { code: 'ERR_UNROLLED_OPTION_TYPE' });
  });

  it('finds the documents themselves by beam search', async () => {
    const found = await model.beam('', { beams: 6, length: 20 });
    assert.deepEqual(found.map(({ text }) => text).sort(), [...WORDS].sort());
    for (const { text, ended, logProbability } of found) {
      assert.equal(ended, true);
      isNear(logProbability, (await model.score(text, { document: true })).logProbability, 1e-9, text);
    }
    assert.deepEqual(
      (await model.beam('car', { beams: 1 })).map(({ text }) => text),
      ['rot'],
    );
  });

  it('is judged on first tokens and ends, however they are batched', async () => {
    let sum = 0;
    for (const text of WORDS) sum += (await model.score(text, { document: true })).logProbability;
    const tokens = WORDS.join('').length + WORDS.length;
    const corpus = Corpus.fromDocuments(WORDS).withVocabulary(CORPUS.vocabulary);
    for (const options of [{}, { batch: 4, window: 3 }, { batch: 100, window: 100 }, { window: 1 }]) {
      const result = await model.evaluate(corpus, options);
      assert.equal(result.tokens, tokens);
      isNear(result.loss, -sum / tokens, 1e-9);
      isNear(result.bitsPerToken, -sum / tokens / Math.LN2, 1e-9);
    }
    // A training that changes nothing sees the same loss.
    const still = { epochs: 1, batch: 4, window: 3, optimizer: 'sgd', learningRate: 0 } as const;
    const [epoch] = await collect(model.fit(corpus, still));
    isNear(epoch?.loss as number, -sum / tokens, 1e-9);
  });

  it('reads a corpus of one text as the beginning of a document', async () => {
    const text = 'applebeetcarrot';
    const corpus = Corpus.fromText(text).withVocabulary(CORPUS.vocabulary);
    const { loss, tokens } = await model.evaluate(corpus);
    assert.equal(tokens, text.length);
    isNear(loss, -(await model.score(text)).logProbability / tokens, 1e-9);
    const single = await model.evaluate(Corpus.fromText('a').withVocabulary(CORPUS.vocabulary));
    isNear(single.loss, -(await model.score('a')).logProbability, 1e-9);
    using learner = LanguageModel.create({ vocabulary: CORPUS.vocabulary, cell: 'gru', hidden: 24, embedding: 8 });
    await collect(learner.fit(corpus, { epochs: 150, batch: 1, window: 5, learningRate: 0.01 }));
    assert.equal(await learner.sample('', { length: text.length, temperature: 0 }), text);
  });

  const kinds: [name: string, tokens: TokenKind, words: string[], options?: Partial<LanguageModelOptions>][] = [
    ['words', 'word', ['red apple', 'red beet', 'green apple', 'green bean', 'blue sky', 'blue sea']],
    ['bytes', 'byte', ['äpfel', 'äste', 'бобы', 'боб', '中文', '中国']],
    ['graphemes', 'grapheme', ['👩‍🚀a', '👩‍🚀b', 'e\u0301a', 'e\u0301b', 'xa', 'xb']],
    ['an adaptive output', 'char', WORDS, { output: 'adaptive', cutoffs: [4, 8], divisor: 1 }],
    ['a sampled output', 'char', WORDS, { output: 'sampled', samples: 6 }],
    ['tied weights', 'char', WORDS, { tied: true, embedding: 32 }],
    ['one-hot input', 'char', WORDS, { embedding: 'onehot' }],
    ['an LSTM of two layers', 'char', WORDS, { cell: 'lstm', layers: 2 }],
    ['a vanilla RNN', 'char', WORDS, { cell: 'rnn' }],
  ];
  for (const [name, tokens, words, options] of kinds) {
    it(`begins documents with ${name}`, async () => {
      const corpus = Corpus.fromDocuments(documentsOf(words), { tokens });
      using learner = await trained(corpus, options, 30);
      const texts = await learner.sampleAll(Array(100).fill(''), { length: 30 });
      const whole = texts.filter((text) => words.includes(text)).length;
      assert.ok(whole >= 90, `${whole} of 100`);
      isNear(await likelihood(learner, words), 1, 0.12);
      const first = await learner.next('', 3);
      for (const { token, probability } of first) isNear(probability, 1 / 3, 0.17, token);
    });
  }

  it('answers to the empty text by the beginning of a document', async () => {
    const corpus = Corpus.fromDocuments(['ab', 'ba', 'aab']);
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, hidden: 8 });
    const { shape, data } = await model.probabilities('');
    assert.deepEqual(shape, [1, corpus.vocabulary.size]);
    const next = await model.next('', corpus.vocabulary.size);
    for (const { id, probability } of next) assert.ok(Math.abs(probability - (data[id] as number)) < 1e-6);
    const { logProbability } = await model.score('a');
    assert.ok(Math.abs(logProbability - Math.log(data[corpus.vocabulary.id('a') as number] as number)) < 1e-5);
    using skipping = LanguageModel.create({ vocabulary: corpus.vocabulary.withUnknown('skip'), hidden: 8 });
    await assert.rejects(skipping.probabilities('zz'), {
      code: 'ERR_UNROLLED_CORPUS_EMPTY',
      message: /2 unknown ones: "?z/,
    });
    await assert.rejects(skipping.next('zz'), { code: 'ERR_UNROLLED_CORPUS_EMPTY', message: /2 unknown ones: "?z/ });
  });
});
