/** Texts that are drawn at the same time: each as if it were alone. */

import assert from 'node:assert/strict';
import { LanguageModel, type StreamOptions } from '../../src/index';
import type { NativeModel } from '../../src/native/native';
import { CORPUS, collect, smallModel, train } from '../support/models';

/** Texts of each native call from now on. */
function watchCalls(model: LanguageModel): number[] {
  const { native } = model.model;
  const rows: number[] = [];
  const generate: NativeModel['generate'] = native.generate.bind(native);
  Object.defineProperty(native, 'generate', {
    configurable: true,
    value: (...[options, cancellation]: Parameters<NativeModel['generate']>) => {
      rows.push(options.rows.length);
      return generate(options, cancellation);
    },
  });
  return rows;
}

describe('texts drawn at the same time', () => {
  let model: LanguageModel;

  before(async () => {
    // Wide enough that products of several rows would have other last bits than those of one, were they BLAS's.
    model = smallModel({ cell: 'lstm', hidden: 48, layers: 2 });
    await train(model, { epochs: 5, learningRate: 0.01 });
  });

  after(() => model.dispose());

  const ASKED: [prompt: string, options: StreamOptions][] = [
    ['the', { length: 90, seed: 1 }],
    ['o'.repeat(1500), { length: 40, seed: 2, temperature: 2 }],
    ['', { length: 200, seed: 3, topK: 3 }],
    ['lazy', { length: 33, seed: 4, topP: 0.7, by: 'grapheme' }],
    ['dog', { length: 150, seed: 5, temperature: 0, piece: 3 }],
    ['fox', { length: 120, seed: 6, stop: 'e' }],
    ['jumps over', { length: 1, seed: 7 }],
  ];

  it('are what each would be alone, with options of its own', async () => {
    const alone: string[] = [];
    for (const [prompt, options] of ASKED) alone.push((await collect(model.stream(prompt, options))).join(''));
    const calls = watchCalls(model);
    const together = await Promise.all(ASKED.map(([prompt, options]) => collect(model.stream(prompt, options))));
    assert.deepEqual(
      together.map((pieces) => pieces.join('')),
      alone,
    );
    // The long prompt leaves no room for others at first, and is fed in two calls; what the first text drew in the
    // first one may last it for a while.
    const [first, second = 0] = calls;
    assert.equal(first, 2);
    assert.ok(second >= ASKED.length - 1, String(calls));
  });

  it('may begin and end while others go on', async () => {
    const options = { length: 300, temperature: 1.5 };
    const alone = await Promise.all([1, 2, 3].map((seed) => model.sample('the', { ...options, seed })));
    const texts = ['', '', ''];
    const first = model.stream('the', { ...options, seed: 1 });
    for await (const piece of first) {
      texts[0] += piece;
      if (texts[0]?.length !== 80) continue;
      const left = model.stream('dog', options);
      await left.next();
      await left.return();
      const second = collect(model.stream('the', { ...options, seed: 2 }));
      for await (const other of model.stream('the', { ...options, seed: 3 })) texts[2] += other;
      texts[1] = (await second).join('');
    }
    assert.deepEqual(texts, alone);
  });

  it('take one call for all that wait, and at most 64', async () => {
    using own = smallModel();
    const calls = watchCalls(own);
    const seeds = Array.from({ length: 100 }, (_, seed) => seed);
    const streams = seeds.map((seed) => collect(own.stream('the', { length: 16, seed })));
    const texts = (await Promise.all(streams)).map((pieces) => pieces.join(''));
    assert.deepEqual(calls, [64, 64, 64, 8]);
    assert.deepEqual(texts, await Promise.all(seeds.map((seed) => own.sample('the', { length: 16, seed }))));
  });

  it('do not wait for one that is not read', async () => {
    const slow = model.stream('the', { length: 500, seed: 1 });
    const begun = (await slow.next()).value;
    const calls = watchCalls(model);
    await collect(model.stream('the', { length: 80, seed: 2 }));
    assert.ok(calls.length > 0 && calls.every((rows) => rows === 1), String(calls));
    assert.equal(begun + (await collect(slow)).join(''), await model.sample('the', { length: 500, seed: 1 }));
  });

  it('go on where one is aborted, which hears of it at once', async () => {
    const controller = new AbortController();
    const options = { length: 400, seed: 9 };
    const alone = await model.sample('the', options);
    const aborted = assert.rejects(collect(model.stream('the', { length: 1e6, signal: controller.signal })), {
      code: 'ERR_UNROLLED_ABORTED',
    });
    const never = model.stream('the', { signal: AbortSignal.abort() });
    let text = '';
    for await (const piece of model.stream('the', options)) {
      text += piece;
      if (text.length >= 40) controller.abort();
    }
    await aborted;
    await assert.rejects(never.next(), { code: 'ERR_UNROLLED_ABORTED' });
    assert.equal(text, alone);
  });

  it('all end when the model is disposed of', async () => {
    const own = LanguageModel.create({ vocabulary: CORPUS.vocabulary, hidden: 16 });
    const streams = [1, 2, 3].map((seed) => own.stream('the', { length: 1e6, seed }));
    await Promise.all(streams.map((stream) => stream.next()));
    const rest = streams.map((stream) => stream.next());
    own.dispose();
    for (const next of rest) await assert.rejects(next, { code: 'ERR_UNROLLED_DISPOSED' });
    await assert.rejects(own.stream('the').next(), { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('are drawn between two steps of a training', async () => {
    using own = smallModel();
    const epochs = train(own, { epochs: 5 });
    const texts = await Promise.all([1, 2].map((seed) => own.sample('the', { length: 20, seed })));
    assert.deepEqual(
      texts.map(({ length }) => length),
      [20, 20],
    );
    await epochs;
  });

  it('are drawn ahead of the pieces asked for, where that takes no time', async () => {
    const whole = await model.sample('the', { length: 300, seed: 4 });
    const calls = watchCalls(model);
    const pieces = await collect(model.stream('the', { length: 300, seed: 4, piece: 1 }));
    assert.deepEqual(pieces, [...whole]);
    assert.ok(calls.length < pieces.length / 2, String(calls.length));
  });

  it('are gone with the model, drawn ahead or not', async () => {
    const own = smallModel();
    const stream = own.stream('the', { length: 300, piece: 1 });
    for (let i = 0; i < 5; i++) await stream.next();
    own.dispose();
    await assert.rejects(stream.next(), { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('have pieces as long as asked', async () => {
    const pieces = await collect(model.stream('the', { length: 7, piece: 3 }));
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [3, 3, 1],
    );
    for (const piece of [0, 1.5, Number.NaN]) {
      await assert.rejects(model.stream('the', { piece }).next(), {
        code: 'ERR_UNROLLED_OPTION_RANGE',
        option: 'piece',
      });
    }
    const asText = { piece: '3' as unknown as number };
    await assert.rejects(model.stream('the', asText).next(), { code: 'ERR_UNROLLED_OPTION_TYPE', option: 'piece' });
  });
});
