/** A text is drawn with the weights that the model had when it began, whatever becomes of them. */

import assert from 'node:assert/strict';
import { Corpus, type LanguageModel } from '../../src/index';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel, train } from '../support/models';

const OPTIONS = { length: 300, seed: 5, temperature: 1 } as const;
const PROMPT = 'the quick ';
/** So large a step that every one of them makes another text. */
const TRAINING = { optimizer: 'sgd', learningRate: 2 } as const;

/** A stream of which a piece is asked for now and then, so that steps come between. */
async function* slowly(stream: AsyncGenerator<string, void, undefined>): AsyncGenerator<string, void, undefined> {
  for await (const piece of stream) {
    yield piece;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The rest of a stream of which a piece was read. */
async function rest(stream: AsyncGenerator<string, void, undefined>): Promise<string> {
  return (await collect(stream)).join('');
}

describe('A text that is being drawn', function () {
  this.timeout(60_000);
  const at = useFolder();

  /** Changes the weights while a text is half drawn; the text must be the one that was begun. */
  async function check(change: (model: LanguageModel) => Promise<unknown>): Promise<void> {
    using model = smallModel({ seed: 1 });
    const expected = await model.sample(PROMPT, OPTIONS);
    const streams = ['piece', 'grapheme'].map((by) => model.stream(PROMPT, { ...OPTIONS, by: by as 'piece' }));
    const begun = await Promise.all(streams.map((stream) => stream.next()));
    await change(model);
    for (const [i, stream] of streams.entries()) assert.equal(`${begun[i]?.value}${await rest(stream)}`, expected);
    assert.notEqual(await model.sample(PROMPT, OPTIONS), expected, 'the weights have changed');
  }

  it('goes on as it began where the model is trained between two pieces', () =>
    check((model) => train(model, { ...TRAINING, epochs: 2 })));

  it('goes on as it began in a loop of epochs that is still open', async () => {
    using model = smallModel({ seed: 1 });
    const expected = await model.sample(PROMPT, OPTIONS);
    const stream = model.stream(PROMPT, OPTIONS);
    let text = '';
    for await (const { epoch } of model.fit(CORPUS, { ...STREAM, ...TRAINING, epochs: 3 })) {
      for (let i = 0; i < 3; i++) text += (await stream.next()).value;
      if (epoch === 0) assert.notEqual(await model.sample(PROMPT, OPTIONS), expected);
    }
    const first = text;
    assert.ok(first.length > 3);
    // It began after the first epoch.
    using twin = smallModel({ seed: 1 });
    await train(twin, { ...TRAINING, epochs: 1 });
    assert.equal(first + (await rest(stream)), await twin.sample(PROMPT, OPTIONS));
  });

  it('goes on as it began where parameters are set or loaded, waited for or not', async () => {
    using other = smallModel({ seed: 2 });
    await other.model.save(at('other'));
    const parameters = await other.model.parameters();
    await check((model) => model.model.setParameters(parameters));
    await check((model) => model.model.loadParameters(at('other')));
    await check(async (model) => {
      void model.model.setParameters(parameters);
    });
    // A change that is asked for first comes first.
    using model = smallModel({ seed: 1 });
    const changed = model.model.setParameters(parameters);
    assert.equal(await model.sample(PROMPT, OPTIONS), await other.sample(PROMPT, OPTIONS));
    await changed;
  });

  it('goes on as it began where the training of examples changes the weights', () =>
    check(async ({ model }) => {
      const ids = Int32Array.from({ length: 40 }, (_, i) => i % 20);
      await model.fit({ inputs: [ids], tags: [ids] }, { ...TRAINING, epochs: 5, batch: 1 });
    }));

  it('is whole where its long prompt is being read while training begins', async () => {
    using model = smallModel({ seed: 1 });
    const prompt = CORPUS.text.repeat(8);
    const expected = await model.sample(prompt, OPTIONS);
    const drawing = model.sample(prompt, OPTIONS);
    // It has begun, and is waiting between two of its calls.
    await new Promise((resolve) => setImmediate(resolve));
    const training = train(model, { ...TRAINING, epochs: 3 });
    assert.equal(await drawing, expected);
    await training;
  });

  it('goes on as it began where a function constrains it, and is asked once for each token', async () => {
    const draw = async (change: boolean) => {
      using model = smallModel({ seed: 1 });
      let asked = 0;
      const allow = () => {
        asked++;
        return [...'the quick brown fox'];
      };
      const options = { ...OPTIONS, length: 60, allow };
      const texts = [0, 1, 2].map((i) => model.sample(PROMPT, { ...options, seed: i }));
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (change) await train(model, { ...TRAINING, epochs: 2 });
      return { texts: await Promise.all(texts), asked };
    };
    assert.deepEqual(await draw(true), await draw(false));
  });

  it('is searched for with the weights of its beginning, also where functions are asked between the steps', async () => {
    using other = smallModel({ seed: 2 });
    const parameters = await other.model.parameters();
    const search = async (change: (model: LanguageModel) => unknown) => {
      using model = smallModel({ seed: 1 });
      let changed: Promise<unknown> | undefined;
      const allow = ({ position }: { position: number }) => {
        if (position === 2) changed ??= Promise.resolve(change(model));
        return [...'the quick brown fox'];
      };
      const found = await model.beam(PROMPT, { beams: 3, length: 8, allow });
      await changed;
      return { found, now: await model.beam(PROMPT, { beams: 3, length: 8, allow }) };
    };
    const { found, now } = await search(() => {});
    assert.deepEqual(now, found);
    for (const change of [
      (model: LanguageModel) => model.model.setParameters(parameters),
      (model: LanguageModel) => train(model, { ...TRAINING, epochs: 2 }),
    ]) {
      const after = await search(change);
      assert.deepEqual(after.found, found);
      assert.notDeepEqual(after.now, found, 'the weights have changed');
    }
    // And with a code where the model is gone.
    const disposed = search((model) => {
      void model.model.setParameters(parameters);
      model.dispose();
    });
    await assert.rejects(disposed, { code: 'ERR_UNROLLED_DISPOSED' });
  });

  it('has the weights of one step where it begins while steps are made', async () => {
    const options = { ...TRAINING, learningRate: 0.5, batch: 4, window: 64, steps: 160, epochs: 100 } as const;
    // The same training, step by step, says which texts there can be.
    using twin = smallModel({ seed: 1, hidden: 128 });
    const prompts = [PROMPT, 'fox', 'dog'];
    const known = new Map<string, number>();
    const note = async (step: number) => {
      for (const [i, prompt] of prompts.entries()) {
        known.set(`${i} ${await twin.sample(prompt, { ...OPTIONS, length: 60, seed: OPTIONS.seed + i })}`, step);
      }
    };
    await note(0);
    const sampling = { name: 'note', everySteps: 1, onStep: ({ step }: { step: number }) => note(step + 1) };
    await train(twin, { ...options, callbacks: [sampling] });

    using model = smallModel({ seed: 1, hidden: 128 });
    const training = train(model, options);
    let isOver = false;
    void training.then(() => {
      isOver = true;
    });
    const found = new Set<number>();
    for (let turn = 0; turn < 200 && !isOver; turn++) {
      const stream = slowly(model.stream(PROMPT, { ...OPTIONS, length: 60 }));
      const [text, texts] = await Promise.all([rest(stream), model.sampleAll(prompts, { ...OPTIONS, length: 60 })]);
      const step = known.get(`0 ${text}`);
      assert.ok(step !== undefined, `no step draws ${text}`);
      found.add(step);
      const together = texts.map((text, i) => known.get(`${i} ${text}`));
      assert.ok(!together.includes(undefined), 'each is of one step');
    }
    await training;
    assert.ok(found.size > 0);
  });

  it('ends with a code where the model is disposed, with weights of its own too', async () => {
    for (const isTrained of [false, true]) {
      const model = smallModel({ seed: 1 });
      const stream = model.stream(PROMPT, OPTIONS);
      await stream.next();
      if (isTrained) {
        await train(model, { ...TRAINING, epochs: 1 });
        await stream.next();
      }
      const waiting = stream.next();
      model.dispose();
      await assert.rejects(
        async () => {
          await waiting;
          await rest(stream);
        },
        { code: 'ERR_UNROLLED_DISPOSED' },
      );
    }
  });

  it('can be left in the middle, or end by its signal, and the model trains on', async () => {
    using model = smallModel({ seed: 1 });
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const [left, aborted, forgotten] = [0, 1, 2].map(() =>
        model.stream(PROMPT, { ...OPTIONS, signal: controller.signal }),
      ) as [AsyncGenerator<string, void>, AsyncGenerator<string, void>, AsyncGenerator<string, void>];
      await Promise.all([left.next(), aborted.next(), forgotten.next()]);
      await train(model, { ...TRAINING, epochs: 1 });
      await Promise.all([left.next(), aborted.next(), forgotten.next()]);
      await left.return();
      controller.abort();
      await assert.rejects(rest(aborted), { code: 'ERR_UNROLLED_ABORTED' });
    }
    const corpus = Corpus.fromText(CORPUS.text);
    assert.ok((await model.evaluate(corpus)).loss > 0);
  });
});
