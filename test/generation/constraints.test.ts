/** What may come next, and how much likelier it is made: in everything that draws or searches text. */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import {
  type BeamOptions,
  Corpus,
  type GenerationOptions,
  type GenerationStep,
  LanguageModel,
  type UnrolledError,
  Vocabulary,
} from '../../src/index';
import { collect, smallModel, train } from '../support/models';

const WORDS = ['apple', 'apricot', 'beet', 'bean', 'carrot', 'celery'];
const DOCUMENTS = Corpus.fromDocuments(Array.from({ length: 300 }, (_, i) => WORDS[(i * 7) % WORDS.length] as string));

/** Ways of drawing, one of each order of filters. */
const WAYS: GenerationOptions[] = [
  { temperature: 0 },
  { temperature: 1.3 },
  { topK: 3 },
  { topP: 0.7, temperature: 2 },
  { topK: 6, topP: 0.8, temperature: 0.7 },
];

function bars(model: LanguageModel, kept: Iterable<string>): Map<string | number, number> {
  const open = new Set(kept);
  const ids = Array.from({ length: model.vocabulary.size }, (_, id) => id);
  return new Map(ids.filter((id) => !open.has(model.vocabulary.token(id))).map((id) => [id, -Infinity]));
}

/** The likeliest tokens one by one, of the model's own distribution and what is added to it. */
async function greedy(model: LanguageModel, prompt: string, length: number, bias: Record<string, number>) {
  let text = prompt;
  for (let step = 0; step < length; step++) {
    const next = await model.next(text, model.vocabulary.size);
    const ranked = next.map(({ token, logProbability }) => ({ token, rank: logProbability + (bias[token] ?? 0) }));
    text += ranked.reduce((best, one) => (one.rank > best.rank ? one : best)).token;
  }
  return text.slice(prompt.length);
}

describe('constraints', () => {
  let model: LanguageModel;
  let documents: LanguageModel;

  before(async () => {
    model = smallModel({ hidden: 32 });
    await train(model, { epochs: 20, learningRate: 0.01 });
    documents = LanguageModel.create({ vocabulary: DOCUMENTS.vocabulary, cell: 'gru', hidden: 32, embedding: 16 });
    await documents.fit(DOCUMENTS, { epochs: 20, batch: 16, window: 8, learningRate: 0.01 });
  });

  after(() => {
    model.dispose();
    documents.dispose();
  });

  it('that ask nothing change no text', async () => {
    for (const way of WAYS) {
      const options = { ...way, length: 60, seed: 3 };
      const text = await model.sample('the ', options);
      for (const nothing of [{ bias: {} }, { bias: { a: 0 } }, { allow: () => undefined }, { bias: () => undefined }]) {
        assert.equal(await model.sample('the ', { ...options, ...nothing }), text);
      }
      assert.equal(await model.sample('the ', { ...options, minLength: 60 }), text);
    }
    const found = await model.beam('the ', { length: 12 });
    assert.deepEqual(await model.beam('the ', { length: 12, allow: () => undefined }), found);
    assert.deepEqual(await model.beam('the ', { length: 12, bias: {} }), found);
  });

  it('are the same as a list, a mask and functions, in all ways of drawing', async () => {
    const tokens = ['e', 'o', ' ', 'z', 't'];
    const { vocabulary } = model;
    const ids = tokens.map((token) => vocabulary.id(token) as number);
    const mask = Float64Array.from({ length: vocabulary.size }, (_, id) => (ids.includes(id) ? 0 : -Infinity));
    for (const way of WAYS) {
      const options = { ...way, length: 40, seed: 5 };
      const text = await model.sample('the ', { ...options, allow: tokens });
      assert.match(text, /^[eo zt]{40}$/);
      for (const same of [
        { allow: ids },
        { allow: Int32Array.from(ids) },
        { allow: new Set([...tokens, ...ids]) },
        { allow: runInNewContext('new Set(tokens)', { tokens }) as Set<string> },
        { allow: () => tokens },
        { bias: mask },
        { bias: [...mask] },
        { bias: bars(model, tokens) },
        { bias: () => mask },
        { bias: { q: 50 }, allow: tokens },
        { bias: () => ({ q: 50 }), allow: () => tokens },
        { bias: { q: 50 }, allow: () => tokens },
      ]) {
        assert.equal(await model.sample('the ', { ...options, ...same }), text);
        const pieces = await collect(model.stream('the ', { ...options, ...same, piece: 3 }));
        assert.equal(pieces.join(''), text);
        assert.equal((await model.sampleAll(['x', 'the '], { ...options, seed: 4, ...same }))[1], text);
      }
    }
  });

  it('add a bias before they bar, and both before temperature, topK and topP', async () => {
    const bias = { z: 3, e: -2.5, ' ': 1 };
    for (const one of [bias, new Map(Object.entries(bias)), () => bias]) {
      assert.equal(
        await model.sample('the ', { temperature: 0, length: 12, bias: one }),
        await greedy(model, 'the ', 12, bias),
      );
    }
    assert.equal(await model.sample('the ', { length: 5, topK: 1, temperature: 3, bias: { z: 100 } }), 'zzzzz');
    assert.equal(await model.sample('the ', { length: 5, topP: 0.01, bias: { z: 100 } }), 'zzzzz');
    assert.equal(await model.sample('the ', { length: 5, topK: 1, bias: { z: 100 }, allow: ['q'] }), 'qqqqq');
    // Twice as likely in odds: the share of a token that was one of two.
    const first = async (more: GenerationOptions) => {
      const texts = await model.sampleAll(Array(600).fill('the '), { length: 1, allow: ['l', 'q'], ...more });
      return texts.filter((text) => text === 'q').length / texts.length;
    };
    const all = await model.next('the ', model.vocabulary.size);
    const [{ logProbability: q = 0 } = {}, { logProbability: l = 0 } = {}] = ['q', 'l'].map((token) =>
      all.find((one) => one.token === token),
    );
    const odds = Math.exp(q - l) * Math.exp(0.7);
    const share = odds / (1 + odds);
    assert.ok(Math.abs((await first({ bias: { q: 0.7 } })) - share) < 5 * Math.sqrt(0.25 / 600));
  });

  it('give a text of its seed, alone and with others that have their own', async () => {
    const rule = ({ position, text }: GenerationStep) =>
      position % 3 === 2 ? [' '] : text.endsWith('e') ? ['q', 'u'] : undefined;
    const prompts = ['the ', 'fox', '', 'lazy ', 'the '];
    const options = { length: 30, allow: rule };
    const together = model.sampleAll(prompts, { ...options, seed: 10 });
    const free = model.sampleAll(prompts, { length: 30, seed: 10 });
    const least = documents.sampleAll(['', 'b'], { minLength: 9, length: 20 });
    const texts = await together;
    for (const [i, prompt] of prompts.entries()) {
      assert.equal(texts[i], await model.sample(prompt, { ...options, seed: 10 + i }));
      assert.match(texts[i] as string, /^(.. ){10}$/);
      assert.equal((await free)[i], await model.sample(prompt, { length: 30, seed: 10 + i }));
    }
    assert.equal((await least)[1], await documents.sample('b', { minLength: 9, length: 20, seed: 1 }));
    using other = smallModel({ hidden: 32, threads: 2 });
    await train(other, { epochs: 20, learningRate: 0.01 });
    assert.equal(await other.sample('the ', { ...options, seed: 10 }), texts[0]);
  });

  it('tell a function where the text is', async () => {
    const seen: GenerationStep[] = [];
    const allow = (step: GenerationStep) => {
      seen.push({ ...step, ids: step.ids });
      step.ids.fill(0);
      return undefined;
    };
    const texts = await model.sampleAll(['the ', 'fox '], { length: 4, allow });
    for (const index of [0, 1]) {
      const own = seen.filter((step) => step.index === index);
      const text = texts[index] as string;
      assert.deepEqual(
        own,
        [0, 1, 2, 3].map((position) => ({
          ...{ prompt: ['the ', 'fox '][index], index, position, text: text.slice(0, position) },
          ids: model.vocabulary.encode(text.slice(0, position)),
        })),
      );
    }
    seen.length = 0;
    const found = await model.beam('the ', { beams: 2, length: 3, allow });
    assert.deepEqual([...new Set(seen.map(({ position }) => position))], [0, 1, 2]);
    assert.ok(seen.every(({ prompt, ids, text }) => prompt === 'the ' && model.vocabulary.decode(ids) === text));
    assert.deepEqual(found, await model.beam('the ', { beams: 2, length: 3 }));
    using bytes = LanguageModel.create({ vocabulary: Vocabulary.build('明月光a', { tokens: 'byte' }), hidden: 4 });
    const shown: string[] = [];
    const spelled = [...'明月'].flatMap((character) => [...Buffer.from(character)]);
    const byte = (value: number) => `<0x${value.toString(16).toUpperCase()}>`;
    const spell = ({ position, text }: GenerationStep) => {
      shown.push(text);
      return [byte(spelled[position] as number)];
    };
    assert.equal(await bytes.sample('a', { length: 6, allow: spell }), '明月');
    assert.deepEqual(shown, ['', '', '', '明', '明', '明']);
  });

  it('let a text end after minLength, by the end token or a stop string', async () => {
    const free = await documents.sampleAll(Array(40).fill(''), { length: 30 });
    assert.ok(free.some(({ length }) => length < 8));
    const texts = await documents.sampleAll(Array(40).fill(''), { length: 30, minLength: 8 });
    assert.ok(texts.every(({ length }) => length >= 8 && length <= 30));
    assert.ok(texts.some(({ length }) => length < 30));
    const beams = await documents.beam('', { length: 12, minLength: 10, beams: 5 });
    assert.ok(beams.every(({ text }) => text.length >= 10));
    assert.ok(beams.some(({ ended }) => ended));
    const { logProbability, text } = beams.find(({ ended }) => ended) as (typeof beams)[0];
    assert.ok(Math.abs((await documents.score(text, { document: true })).logProbability - logProbability) < 1e-4);
    assert.equal(await documents.sample('', { allow: [''], length: 9 }), '');
    assert.equal(await documents.sample('', { bias: { '': 1e30 }, length: 9, minLength: 0 }), '');
    for (const stop of ['o', ['fox', 'the'], ' ']) {
      for (const seed of [0, 1, 2]) {
        const whole = await model.sample('the ', { length: 60, seed });
        for (const [minLength, includeStop] of [
          [10, false],
          [10, true],
          [33, false],
          [60, false],
        ] as const) {
          const rest = whole.slice(minLength);
          const ends = [stop]
            .flat()
            .flatMap((one) => (rest.includes(one) ? [[rest.indexOf(one) + one.length, one] as const] : []));
          const [end, string = ''] = ends.sort(([a], [b]) => a - b)[0] ?? [];
          const kept = end === undefined ? rest : rest.slice(0, includeStop ? end : end - string.length);
          const options = { length: 60, seed, stop, minLength, includeStop };
          assert.equal(await model.sample('the ', options), whole.slice(0, minLength) + kept);
          assert.equal((await collect(model.stream('the ', options))).join(''), whole.slice(0, minLength) + kept);
        }
      }
    }
    const found = await model.beam('the ', { length: 40, stop: 'o', minLength: 14, beams: 3 });
    assert.ok(found.every(({ text, ended }) => text.length >= 14 && (!ended || !text.slice(14).includes('o'))));
    assert.ok(found.some(({ ended, text }) => ended && text.slice(0, 14).includes('o')));
  });

  it('look for a stop string that begins after minLength, of bytes too', async () => {
    using bytes = LanguageModel.create({ vocabulary: Vocabulary.build('明月光a', { tokens: 'byte' }), hidden: 4 });
    const spelled = [...Buffer.from('明月光a')].map(
      (value) =>
        bytes.vocabulary.id(
          value < 128 ? String.fromCharCode(value) : `<0x${value.toString(16).toUpperCase()}>`,
        ) as number,
    );
    const allow = ({ position }: GenerationStep) => [spelled[position % spelled.length] as number];
    for (const [minLength, text] of [
      [0, ''],
      [2, '明月光a'],
      [3, '明月光a'],
      [10, '明月光a'],
      [11, '明月光a明月光a'],
      [13, '明月光a明月光a'],
    ] as const) {
      const options = { length: 30, stop: '明', minLength, allow };
      assert.equal(await bytes.sample('a', options), text);
      const [best] = await bytes.beam('a', { ...options, beams: 1 });
      assert.equal(best?.text, text);
      const { logProbability } = await bytes.score(`${text}明`, { context: 'a' });
      assert.ok(Math.abs((best?.logProbability ?? 0) - logProbability) < 1e-3);
    }
  });

  it('search for the best of all texts that are allowed, by log-probability and bias', async () => {
    const tokens = ['e', 'o', 'q', 'u'];
    const bias = { q: 1.5, o: -0.25 } as Record<string, number>;
    const length = 3;
    let every = [''];
    for (let i = 0; i < length; i++) every = every.flatMap((text) => tokens.map((token) => text + token));
    const ranked: { text: string; logProbability: number; score: number }[] = [];
    for (const text of every) {
      const { logProbability } = await model.score(text, { context: 'the ' });
      const added = [...text].reduce((sum, token) => sum + (bias[token] ?? 0), 0);
      ranked.push({ text, logProbability, score: logProbability + added });
    }
    ranked.sort((a, b) => b.score - a.score);
    const wanted: BeamOptions = { beams: every.length, length, allow: tokens, bias };
    for (const options of [wanted, { ...wanted, allow: () => tokens }, { ...wanted, bias: () => bias }]) {
      const found = await model.beam('the ', options);
      assert.deepEqual(
        found.slice(0, 10).map(({ text }) => text),
        ranked.slice(0, 10).map(({ text }) => text),
      );
      for (const [i, { logProbability, score }] of found.entries()) {
        assert.ok(Math.abs(logProbability - (ranked[i]?.logProbability ?? 0)) < 1e-4);
        assert.ok(Math.abs(score - (ranked[i]?.score ?? 0)) < 1e-4);
      }
      assert.deepEqual(found, await model.beam('the ', wanted));
    }
    const penalty = await model.beam('the ', { ...wanted, lengthPenalty: 1, allow: () => tokens });
    assert.ok(Math.abs((penalty[0]?.score ?? 0) - (ranked[0]?.score ?? 0) / (8 / 6)) < 1e-4);
    assert.deepEqual(
      await model.beam('the ', { length: 0, allow: () => tokens }),
      await model.beam('the ', { length: 0 }),
    );
    // Each beam by its own rule: the text so far decides.
    const twice = ({ text }: GenerationStep) => (text === '' ? tokens : [text.at(-1) as string]);
    const own = await model.beam('the ', { beams: 4, length: 4, allow: twice });
    assert.deepEqual(own.map(({ text }) => text).sort(), tokens.map((token) => token.repeat(4)).sort());
  });

  it('search by steps as at once, with ends and stop strings', async () => {
    for (const options of [
      { length: 20, beams: 5, stop: ['fox', 'q'] },
      { length: 20, beams: 5, stop: 'o', includeStop: true, minLength: 6, lengthPenalty: 0.7 },
      { length: 8, beams: 1, bias: { z: 3 } },
    ]) {
      assert.deepEqual(
        await model.beam('the ', { ...options, allow: () => undefined }),
        await model.beam('the ', options),
      );
    }
    for (const options of [
      { length: 12, beams: 6 },
      { length: 12, beams: 4, minLength: 7 },
    ]) {
      const found = await documents.beam('', options);
      assert.ok(found.some(({ ended }) => ended));
      assert.deepEqual(await documents.beam('', { ...options, bias: () => undefined }), found);
    }
  });

  it('weigh the first token of a text that nothing comes before', async () => {
    using bare = LanguageModel.create({ vocabulary: Vocabulary.build('abcdefgh'), hidden: 8 });
    const first = async (options: GenerationOptions) => {
      const texts = await bare.sampleAll(Array(400).fill(''), { length: 1, ...options });
      return (token: string) => texts.filter((text) => text === token).length;
    };
    const allowed = await first({ allow: ['c', 'g'] });
    assert.equal(allowed('c') + allowed('g'), 400);
    assert.ok(Math.abs(allowed('c') - 200) < 50);
    const biased = await first({
      allow: ({ position }) => (position === 0 ? ['c', 'g'] : undefined),
      bias: { c: Math.log(3) },
    });
    assert.equal(biased('c') + biased('g'), 400);
    assert.ok(Math.abs(biased('c') - 300) < 44, String(biased('c')));
    const text = await bare.sample('', { length: 4, allow: ({ position }) => ['hgfe'[position] as string] });
    assert.equal(text, 'hgfe');
  });

  it('refuse what is no token, no number and no list, wherever it is given', async () => {
    const code = (type: string) => `ERR_UNROLLED_${type}`;
    const cases: [unknown, string, RegExp][] = [
      [
        { allow: ['a', 'Q'] },
        'UNKNOWN_TOKEN',
        /^allow\[1\] must name one of the 29 tokens of the vocabulary, not "Q"\. A token is a character: /,
      ],
      [{ allow: ['the'] }, 'UNKNOWN_TOKEN', /^allow\[0\] .* not "the"/],
      [{ allow: [29] }, 'OPTION_RANGE', /^allow\[0\] must be a whole number at least 0 and at most 28, not 29\.$/],
      [{ allow: [1.5] }, 'OPTION_RANGE', /^allow\[0\]/],
      [{ allow: [null] }, 'OPTION_TYPE', /^allow\[0\] must be a token, as text or id, not null\.$/],
      [{ allow: 'abc' }, 'OPTION_TYPE', /^allow must be a list of tokens, as text or ids, or a function, not "abc"\.$/],
      [{ allow: { a: 1 } }, 'OPTION_TYPE', /^allow must be a list/],
      [{ allow: null }, 'OPTION_TYPE', /^allow must be a list/],
      [
        { allow: [] },
        'OPTION_RANGE',
        /^allow leaves no token to choose at step 0 \(from 0\)\. Allow at least one token there; /,
      ],
      [{ bias: { Q: 1 } }, 'UNKNOWN_TOKEN', /^bias\["Q"\] must name one of the 29 tokens .* not "Q"/],
      [
        { bias: { a: Number.NaN } },
        'OPTION_RANGE',
        /^bias\["a"\] must be a number from -1e30 to 1e30, or -Infinity, not NaN\.$/,
      ],
      [{ bias: { a: Infinity } }, 'OPTION_RANGE', /^bias\["a"\] .* not Infinity\.$/],
      [{ bias: { a: 1e31 } }, 'OPTION_RANGE', /^bias\["a"\]/],
      [{ bias: { a: '1' } }, 'OPTION_TYPE', /^bias\["a"\] must be a number .* not "1"\.$/],
      [{ bias: [1, 2] }, 'OPTION_RANGE', /^bias must be a number for each of the 29 ids, not an array of 2\.$/],
      [{ bias: new Map([[99, 1]]) }, 'OPTION_RANGE', /^bias\[99\] must be a whole number/],
      [{ bias: new Float32Array(29).fill(Number.NaN) }, 'OPTION_RANGE', /^bias\[0\]/],
      [
        { bias: 3 },
        'OPTION_TYPE',
        /^bias must be an object or a Map of numbers by token, or a list .*, or a function, not 3\.$/,
      ],
      [{ bias: new Float32Array(29).fill(-Infinity) }, 'OPTION_RANGE', /^bias leaves no token to choose at step 0/],
      [{ minLength: -1 }, 'OPTION_RANGE', /^minLength must be a whole number at least 0, not -1\.$/],
      [{ minLength: 21, length: 20 }, 'OPTION_RANGE', /^minLength must be at most length, which is 20, not 21\.$/],
      [{ minLength: '3' }, 'OPTION_TYPE', /^minLength/],
      [
        { allow: async () => ['a'] },
        'OPTION_TYPE',
        /^allow, at step 0 \(from 0\), must be a list of tokens, as text or ids, returned synchronously, not an object \(Promise\)\.$/,
      ],
      [
        { bias: async () => ({}) },
        'OPTION_TYPE',
        /^bias, at step 0 \(from 0\), must be .* not an object \(Promise\)\.$/,
      ],
      [
        { allow: ({ position }: GenerationStep) => (position < 3 ? ['a'] : 'a') },
        'OPTION_TYPE',
        /^allow, at step 3 \(from 0\), must be a list/,
      ],
      [
        { allow: ({ position }: GenerationStep) => (position < 3 ? ['a'] : []) },
        'OPTION_RANGE',
        /^allow leaves no token to choose at step 3 \(from 0\), after "aaa"\. /,
      ],
      [
        { bias: ({ position }: GenerationStep) => ({ a: position < 2 ? 1 : Number.NaN }) },
        'OPTION_RANGE',
        /^bias\["a"\], at step 2 \(from 0\), must be/,
      ],
    ];
    for (const [options, type, message] of cases) {
      const given = options as GenerationOptions;
      const expected = { code: code(type), message };
      await assert.rejects(model.sample('the ', given), expected);
      await assert.rejects(model.sampleAll(['the ', 'a'], given), expected);
      await assert.rejects(collect(model.stream('the ', given)), expected);
      await assert.rejects(model.beam('the ', given as BeamOptions), expected);
    }
    await assert.rejects(documents.sample('', { allow: [''], minLength: 1, length: 3 }), {
      code: code('OPTION_RANGE'),
      message: /^allow leaves no token to choose at step 0 .* the end token only after minLength/,
    });
    using bounded = LanguageModel.create({ vocabulary: Vocabulary.build('aabbc\n', { maxSize: 4 }), hidden: 4 });
    const unknownId = bounded.vocabulary.unknownId as number;
    await assert.rejects(bounded.sample('a', { allow: [unknownId] }), { code: code('OPTION_RANGE'), step: 0 });
    assert.equal(await bounded.sample('a', { length: 3, allow: [unknownId, 'b'] }), 'bbb');
  });

  it('end the text whose function throws, and no other', async () => {
    const cause = new RangeError('no rhyme');
    const allow = ({ position, index }: GenerationStep) => {
      if (position === 2 && index === 1) throw cause;
      return undefined;
    };
    const other = model.sample('fox', { length: 12, seed: 4 });
    const rejected = (error: UnrolledError) => {
      assert.equal(error.code, 'ERR_UNROLLED_CALLBACK');
      assert.equal(error.message, 'allow, at step 2 (from 0), threw: no rhyme.');
      assert.deepEqual([error.option, error.step, error.cause], ['allow', 2, cause]);
      return true;
    };
    await assert.rejects(model.sampleAll(['the ', 'the '], { length: 5, allow }), rejected);
    assert.equal(await other, await model.sample('fox', { length: 12, seed: 4 }));
    const thrower = ({ position }: GenerationStep) => {
      if (position === 2) throw cause;
      return { a: 1 };
    };
    await assert.rejects(model.beam('the ', { length: 5, bias: thrower }), {
      code: 'ERR_UNROLLED_CALLBACK',
      option: 'bias',
      step: 2,
    });
    // Anything can be thrown, also what no string can be made of.
    const thrown: [unknown, string][] = [
      [null, 'null'],
      ['no rhyme', 'no rhyme'],
      [Symbol('x'), 'Symbol(x)'],
      [Object.create(null), 'an object (no prototype)'],
      [{ message: Symbol('x') }, 'an object (Object)'],
    ];
    for (const [value, words] of thrown) {
      const throwing = () => {
        throw value;
      };
      for (const options of [{ allow: throwing }, { bias: throwing }]) {
        const [option] = Object.keys(options);
        const expected = { code: 'ERR_UNROLLED_CALLBACK', message: `${option}, at step 0 (from 0), threw: ${words}.` };
        await assert.rejects(model.sample('the ', options), expected);
        await assert.rejects(model.beam('the ', options), expected);
      }
    }
    using gone = smallModel();
    const disposing = () => {
      gone.dispose();
      return undefined;
    };
    await assert.rejects(gone.sample('the ', { allow: disposing }), { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('ask functions with turns of the event loop between, and end by a signal', async () => {
    let turns = 0;
    let counting = true;
    const count = async () => {
      while (counting) {
        await turn();
        turns++;
      }
    };
    const counted = count();
    const at: number[] = [];
    const slow = () => {
      at.push(turns);
      const end = performance.now() + 6;
      while (performance.now() < end);
      return undefined;
    };
    await model.sampleAll(Array(8).fill('the '), { length: 2, allow: slow });
    const searched = at.length;
    await model.beam('the ', { beams: 4, length: 3, allow: slow });
    counting = false;
    await counted;
    assert.equal(searched, 16);
    assert.equal(new Set(at).size, at.length);
    for (const draw of ['sample', 'beam'] as const) {
      const controller = new AbortController();
      let asked = 0;
      const allow = () => {
        if (++asked === 3) controller.abort();
        return undefined;
      };
      await assert.rejects(model[draw]('the ', { length: 50, allow, signal: controller.signal }), {
        code: 'ERR_UNROLLED_ABORTED',
      });
      assert.ok(asked < 10);
    }
  });

  it('hold for words, bytes and graphemes, and in the form of the vocabulary', async () => {
    using words = LanguageModel.create({
      vocabulary: Vocabulary.build('one two three', { tokens: 'word' }),
      hidden: 4,
    });
    assert.equal(await words.sample('one', { length: 3, allow: ['two'] }), 'twotwotwo');
    const composed = Vocabulary.build('café\n', { normalization: 'NFC' });
    using formed = LanguageModel.create({ vocabulary: composed, hidden: 4 });
    assert.equal(await formed.sample('c', { length: 2, allow: ['e\u0301'] }), 'éé');
  });
});
