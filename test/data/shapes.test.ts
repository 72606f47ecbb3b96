import assert from 'node:assert/strict';
import { collect, layers, Model, tensor } from '../../src';

const { attention, bidirectional, dense, embedding, gru, lstm, pooling, rnn } = layers;

/** Small numbers that are no pattern, the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function idsOf(text: string, alphabet: string): number[] {
  return [...text].map((character) => {
    const id = alphabet.indexOf(character);
    assert.notEqual(id, -1, character);
    return id;
  });
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July'].concat(
  'August',
  'September',
  'October',
  'November',
  'December',
);

/** A date as a person writes it, and its ISO form. */
function date(next: (below: number) => number): [string, string] {
  const [year, month, day] = [1900 + next(150), next(12), 1 + next(28)];
  const name = MONTHS[month] as string;
  const iso = `${year}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const forms = [`${day} ${name} ${year}`, `${name} ${day}, ${year}`, `${day} ${name.slice(0, 3)} ${year}`];
  return [forms[next(forms.length)] as string, iso];
}

describe('The five shapes of a recurrent network', function () {
  this.timeout(60_000);

  it('one-to-one: whether a point is inside a circle', async () => {
    const next = random(1);
    const points = Array.from({ length: 400 }, () => [next(2001) / 1000 - 1, next(2001) / 1000 - 1] as const);
    const inputs = tensor.from(points.map(([x, y]) => [x, y]));
    const labels = points.map(([x, y]) => (x * x + y * y < 0.6 ? 1 : 0));
    using model = Model.create({
      input: { kind: 'features', features: 2 },
      layers: [dense(16, { activation: 'tanh' }), pooling('last'), dense(1)],
    });
    await collect(model.fit({ inputs, labels }, { epochs: 60, batch: 16, learningRate: 0.02 }));
    assert.ok(((await model.evaluate({ inputs, labels })).accuracy as number) > 0.96);
  });

  it('one-to-many: a class unrolled into its spelled name', async () => {
    const alphabet = [...new Set(MONTHS.join(''))].sort().join('');
    const [start, end] = [alphabet.length, alphabet.length + 1];
    using model = Model.create({
      input: { kind: 'ids', vocabulary: alphabet.length + 2 },
      source: { kind: 'ids', vocabulary: MONTHS.length },
      layers: [
        embedding(32, { name: 'class', from: 'source' }),
        pooling('last', { name: 'first' }),
        embedding(16, { from: 'input' }),
        gru(32, { initialState: 'first' }),
        dense(alphabet.length + 2),
      ],
    });
    const sources = MONTHS.map((_, month) => [month]);
    const targets = MONTHS.map((name) => idsOf(name, alphabet));
    await collect(model.fit({ sources, targets, start, end }, { epochs: 150, batch: 4, learningRate: 0.02 }));
    for (const beams of [1, 3]) {
      const answers = await model.decode(sources, { start, end, length: 12, beams });
      const spelled = answers.map(([best]) => Array.from(best?.ids ?? [], (id) => alphabet[id]).join(''));
      assert.deepEqual(spelled, MONTHS);
      assert.ok(answers.every(([best]) => best?.ended === true && best.logProbability < 0));
    }
  });

  it('many-to-one: which of two ids came more often', async () => {
    const next = random(2);
    const inputs = Array.from({ length: 600 }, () => Array.from({ length: 3 + 2 * next(5) }, () => next(2)));
    const labels = inputs.map((ids) => (2 * ids.filter((id) => id === 1).length > ids.length ? 1 : 0));
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 2 },
      layers: [embedding(4), bidirectional(gru(12)), pooling('final'), dense(2)],
    });
    const data = { inputs, labels };
    await collect(model.fit(data, { epochs: 25, learningRate: 0.02 }));
    assert.ok(((await model.evaluate(data)).accuracy as number) > 0.98);
  });

  it('many-to-many, synced: the parity of all ids so far', async () => {
    const next = random(3);
    const bits = (length: number) => Array.from({ length }, () => next(2));
    const parities = (ids: number[]) => ids.map((_, at) => ids.slice(0, at + 1).filter((id) => id === 1).length % 2);
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 2 },
      layers: [layers.oneHot(), rnn(16, { initializer: { weight_hh: { kind: 'orthogonal', scale: 1 } } }), dense(2)],
      seed: 3,
    });
    const inputs = Array.from({ length: 500 }, () => bits(2 + next(14)));
    const data = { inputs, tags: inputs.map(parities) };
    await collect(model.fit(data, { epochs: 60, learningRate: 0.01, clipNorm: 1 }));
    const longer = Array.from({ length: 50 }, () => bits(40));
    assert.ok(((await model.evaluate(data)).accuracy as number) > 0.999);
    assert.ok(((await model.evaluate({ inputs: longer, tags: longer.map(parities) })).accuracy as number) > 0.98);
  });

  it('encoder–decoder with attention: dates to their ISO form', async () => {
    const next = random(4);
    const pairs = Array.from({ length: 3000 }, () => date(next));
    const read = [...new Set(pairs.map(([text]) => text).join(''))].sort().join('');
    const written = '-0123456789';
    const [start, end] = [written.length, written.length + 1];
    using model = Model.create({
      input: { kind: 'ids', vocabulary: written.length + 2 },
      source: { kind: 'ids', vocabulary: read.length },
      layers: [
        embedding(16, { name: 'read', from: 'source' }),
        lstm(48, { name: 'encoder' }),
        embedding(16, { name: 'written', from: 'input' }),
        lstm(48, { name: 'decoder', initialState: 'encoder' }),
        attention(['decoder', 'encoder']),
        dense(48, { activation: 'tanh' }),
        dense(written.length + 2),
      ],
    });
    const [train, test] = [pairs.slice(0, 2900), pairs.slice(2900)];
    const sourcesOf = (some: [string, string][]) => some.map(([text]) => idsOf(text, read));
    const targets = train.map(([, iso]) => idsOf(iso, written));
    const data = { sources: sourcesOf(train), targets, start, end };
    await collect(model.fit(data, { epochs: 12, batch: 32, learningRate: 0.008, clipNorm: 1 }));
    for (const beams of [1, 4]) {
      const answers = await model.decode(sourcesOf(test), { start, end, length: 12, beams });
      const isos = answers.map(([best]) => Array.from(best?.ids ?? [], (id) => written[id]).join(''));
      const right = isos.filter((iso, index) => iso === test[index]?.[1]).length;
      assert.ok(right >= 95, `${right} of 100 with ${beams} beams`);
      assert.ok(answers.every((found) => found.length <= beams));
    }
  });

  it('refuses to decode what it cannot', async () => {
    using chain = Model.create({ input: { kind: 'ids', vocabulary: 3 }, layers: [embedding(2), rnn(2), dense(3)] });
    await assert.rejects(chain.decode([[0]], { start: 0, end: 1 }), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
      option: 'decode',
    });
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 3 },
      source: { kind: 'ids', vocabulary: 2 },
      layers: [
        embedding(2, { name: 'read', from: 'source' }),
        rnn(2, { name: 'encoder' }),
        embedding(2, { from: 'input' }),
        rnn(2, { initialState: 'encoder' }),
        dense(3),
      ],
    });
    const refusals: [Parameters<typeof model.decode>, string, string][] = [
      [[[[2]], { start: 0, end: 1 }], 'ERR_UNROLLED_OPTION_RANGE', 'sources[0][0]'],
      [[[[0]], { start: 3, end: 1 }], 'ERR_UNROLLED_OPTION_RANGE', 'start'],
      [[[[0]], { start: 0, end: -1 }], 'ERR_UNROLLED_OPTION_RANGE', 'end'],
      [[[[0]], { start: 0, end: 1, beams: 0 }], 'ERR_UNROLLED_OPTION_RANGE', 'beams'],
      [[[[0]], { start: 0, end: 1, beams: 2 ** 31 - 1 }], 'ERR_UNROLLED_OUT_OF_MEMORY', 'beams'],
      [[[[0]], { start: 0, end: 1, lengthPenalty: -1 }], 'ERR_UNROLLED_OPTION_RANGE', 'lengthPenalty'],
      [[[[0]], { start: 0, end: 1, excluded: [0, 1, 2] }], 'ERR_UNROLLED_OPTION_RANGE', 'excluded'],
      [[[[0]], { start: 0, end: 1, excluded: 5 as never }], 'ERR_UNROLLED_OPTION_TYPE', 'excluded'],
      [[[[0]], { start: 0, end: 1, excluded: '2' as never }], 'ERR_UNROLLED_OPTION_TYPE', 'excluded'],
      [[[[0]], { start: 1, end: 1 }], 'ERR_UNROLLED_OPTION_RANGE', 'end'],
      [[[[]], { start: 0, end: 1 }], 'ERR_UNROLLED_CORPUS_EMPTY', 'sources[0]'],
    ];
    for (const [args, code, option] of refusals) await assert.rejects(model.decode(...args), { code, option });
    const signal = AbortSignal.abort();
    await assert.rejects(model.decode([[0]], { start: 0, end: 1, signal }), { code: 'ERR_UNROLLED_ABORTED' });
  });
});
