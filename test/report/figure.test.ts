/** The drawings of a model: each of the five shapes, folded and unrolled. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawShape, SHAPES as OURS, SHAPE_NAMES, type ShapeName } from '../../examples/support/shapes';
import { layers as layerOf, Model } from '../../src/index';
import { describeModel, type ReportModel, type ReportShape, renderModelFigure } from '../../src/report';
import { encoderDecoder } from '../support/report';

function layer(name: string, type: string, shape: ReportShape) {
  return { name, type, shape, parameters: 10, ...(type === 'lstm' && { recurrent: true }) };
}

const SHAPES: Record<string, ReportModel> = {
  'one to one': {
    inputs: [{ name: 'in', kind: 'features', shape: ['B', 4] }],
    layers: [layer('hidden', 'dense', ['B', 8]), layer('out', 'dense', ['B', 2])],
  },
  'one to many': {
    inputs: [{ name: 'in', kind: 'features', shape: ['B', 4] }],
    layers: [layer('hidden', 'lstm', ['T', 'B', 8]), layer('out', 'dense', ['T', 'B', 2])],
  },
  'many to one': {
    inputs: [{ name: 'in', kind: 'ids', shape: ['T', 'B'] }],
    layers: [layer('hidden', 'lstm', ['T', 'B', 8]), layer('out', 'dense', ['B', 2])],
  },
  'many to many': {
    inputs: [{ name: 'in', kind: 'ids', shape: ['T', 'B'] }],
    layers: [layer('hidden', 'lstm', ['T', 'B', 8]), layer('out', 'dense', ['T', 'B', 2])],
  },
};

/** Boxes of each kind by their title, and arrows of each kind. */
function parts(svg: string): { boxes: (name: string) => number; arrows: (kind: string) => number } {
  return {
    boxes: (name) => [...svg.matchAll(/<title>([^:]+):/g)].filter(([, title]) => title === name).length,
    arrows: (kind) => svg.split(`class="figure-${kind}" marker-end`).length - 1,
  };
}

describe('the figure of a model', () => {
  const columns = {
    'one to one': { in: 1, hidden: 1, out: 1, data: 3, state: 0 },
    'one to many': { in: 1, hidden: 4, out: 4, data: 9, state: 2 },
    'many to one': { in: 4, hidden: 4, out: 1, data: 6, state: 2 },
    'many to many': { in: 4, hidden: 4, out: 4, data: 12, state: 2 },
  };

  for (const [shape, expected] of Object.entries(columns)) {
    it(`draws ${shape} unrolled`, () => {
      const { boxes, arrows } = parts(renderModelFigure(SHAPES[shape] as ReportModel, { unrolled: true }));
      const [input, hidden, out] = [boxes('in'), boxes('hidden'), boxes('out')];
      assert.deepEqual({ in: input, hidden, out, data: arrows('data'), state: arrows('state') }, expected);
      assert.equal(arrows('later'), expected.state > 0 ? 1 : 0);
    });

    it(`draws ${shape} folded`, () => {
      const { boxes, arrows } = parts(renderModelFigure(SHAPES[shape] as ReportModel));
      assert.deepEqual([boxes('in'), boxes('hidden'), boxes('out'), arrows('data')], [1, 1, 1, 3]);
      assert.equal(arrows('state'), expected.state > 0 ? 1 : 0);
    });
  }

  it('draws an encoder–decoder with its final state and its attention', () => {
    const folded = parts(renderModelFigure(encoderDecoder));
    assert.deepEqual([folded.arrows('initial'), folded.arrows('memory'), folded.arrows('state')], [1, 1, 2]);
    const unrolled = parts(renderModelFigure(encoderDecoder, { unrolled: true }));
    assert.deepEqual([unrolled.boxes('encoder'), unrolled.boxes('decoder')], [4, 4]);
    assert.deepEqual([unrolled.arrows('initial'), unrolled.arrows('memory')], [1, 16]);
  });

  it('draws both directions', () => {
    const { inputs, layers } = SHAPES['many to many'] as ReportModel;
    const model = { inputs, layers: layers.map((each) => ({ ...each, bidirectional: each.type === 'lstm' })) };
    assert.equal(parts(renderModelFigure(model)).arrows('state'), 2);
    assert.equal(parts(renderModelFigure(model, { unrolled: true })).arrows('state'), 4);
  });

  it('says the shapes', () => {
    for (const unrolled of [false, true]) {
      const svg = renderModelFigure(SHAPES['many to many'] as ReportModel, { unrolled });
      for (const shape of ['[T, B]', '[T, B, 8]', '[T, B, 2]']) assert.ok(svg.includes(`>${shape}</text>`), shape);
    }
  });

  it('describes a model of ours', () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 20 },
      layers: [
        { type: 'embedding', name: 'embedding', features: 4 },
        { type: 'gru', name: 'rnn', features: 8, layers: 2, bidirectional: true },
        { type: 'pooling', name: 'mean', pooling: 'mean' },
        { type: 'dense', name: 'head', features: 3 },
      ],
    });
    const { layers } = describeModel(model);
    assert.deepEqual(
      layers.map(({ shape }) => shape),
      [
        ['T', 'B', 4],
        ['T', 'B', 16],
        ['B', 16],
        ['B', 3],
      ],
    );
    assert.equal(
      layers.reduce((total, { parameters }) => total + parameters, 0),
      model.parameterCount,
    );
    assert.deepEqual(layers[1]?.states?.length, 4);
    assert.deepEqual([layers[1]?.recurrent, layers[1]?.bidirectional, layers[1]?.stacked], [true, true, 2]);
  });

  it('describes an encoder–decoder of ours', () => {
    using model = Model.create(OURS['encoder-decoder'].model);
    const { inputs, layers } = describeModel(model);
    assert.deepEqual(
      inputs.map(({ name, shape }) => [name, shape]),
      [
        ['source', ['S', 'B']],
        ['input', ['T', 'B']],
      ],
    );
    assert.deepEqual(
      layers.map(({ name, from, shape, initialState, memory }) => [name, from, shape, initialState, memory]),
      [
        ['source words', ['source'], ['S', 'B', 64], undefined, undefined],
        ['encoder', ['source words'], ['S', 'B', 128], undefined, undefined],
        ['words', ['input'], ['T', 'B', 64], undefined, undefined],
        ['decoder', ['words'], ['T', 'B', 128], 'encoder', undefined],
        ['attention', ['decoder'], ['T', 'B', 256], undefined, 'encoder'],
        ['next', ['attention'], ['T', 'B', 4000], undefined, undefined],
      ],
    );
    assert.equal(
      layers.reduce((total, { parameters }) => total + parameters, 0),
      model.parameterCount,
    );
  });

  it('says of a layer what is not usual in it', async () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 9 },
      layers: [
        layerOf.embedding(8, { name: 'words', frozen: true }),
        layerOf.rnn(8, { name: 'rnn', activation: 'relu', layerNorm: true, recurrentDropout: 0.1 }),
        // Its parameters and states have names that begin with those of the layer before.
        layerOf.bidirectional(layerOf.gru(8, { name: 'rnn.2', layers: 2, dropout: 0.3, resetAfter: false }), 'sum'),
        layerOf.dropout(0.5),
        layerOf.dense(8, { name: 'squashed', activation: 'sigmoid' }),
        layerOf.dense(9, { name: 'head', tiedTo: 'words' }),
      ],
    });
    const { layers } = describeModel(model);
    assert.deepEqual(
      layers.map(({ note }) => note),
      [
        'frozen',
        'relu, normalised, recurrent dropout 0.1',
        'reset before the product, summed, dropout 0.3',
        '0.5',
        'sigmoid',
        'tied to words',
      ],
    );
    assert.deepEqual(
      layers.map(({ states = [] }) => states.length),
      [0, 1, 4, 0, 0, 0],
    );
    assert.equal(
      layers.reduce((total, { parameters }) => total + parameters, 0),
      model.parameterCount,
    );
  });

  it('says the activation of an RNN, and of a cell with gates where it is another than tanh', () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 9 },
      layers: [layerOf.embedding(4), layerOf.rnn(4), layerOf.gru(4), layerOf.lstm(4, { activation: 'relu' })],
    });
    const notes = describeModel(model).layers.map(({ note }) => note);
    assert.deepEqual(notes, [undefined, 'tanh', undefined, 'relu']);
  });

  it('draws every layer of a graph in a place of its own, and names its shape once', () => {
    using model = Model.create({
      input: { kind: 'ids', vocabulary: 9 },
      layers: [
        layerOf.embedding(8, { name: 'words' }),
        layerOf.gru(8, { name: 'one' }),
        layerOf.rnn(8, { name: 'other', from: 'words' }),
        layerOf.add(['words', 'one', 'other'], { name: 'sum' }),
        layerOf.attention(['sum', 'other'], { name: 'look' }),
        layerOf.dense(9, { name: 'head' }),
      ],
    });
    for (const unrolled of [false, true]) {
      const svg = renderModelFigure(describeModel(model), { unrolled });
      const places = [...svg.matchAll(/<rect (x="[^"]+" y="[^"]+")/g)].map(([, place]) => place);
      assert.equal(places.length, unrolled ? 4 * 7 : 7);
      assert.equal(new Set(places).size, places.length);
      assert.equal(svg.split('>[T, B, 8]</text>').length - 1, 4);
      assert.equal(svg.split('>[T, B, 16]</text>').length - 1, 1);
      assert.equal(parts(svg).arrows('memory'), unrolled ? 16 : 1);
    }
  });

  const shapes: Record<ShapeName, Record<string, number>> = {
    'one-to-one': { input: 1, hidden: 1, classes: 1 },
    'one-to-many': { source: 1, picture: 1, start: 1, input: 4, words: 4, caption: 4, next: 4 },
    'many-to-one': { input: 4, words: 4, reader: 4, last: 1, classes: 1 },
    'many-to-many': { input: 4, words: 4, reader: 4, tags: 4 },
    'encoder-decoder': { source: 4, encoder: 4, input: 4, decoder: 4, attention: 4, next: 4 },
  };

  for (const name of SHAPE_NAMES) {
    it(`draws a model of ours, ${name}, as the documentation has it`, () => {
      const folder = join(__dirname, '..', '..', 'docs', 'images', 'shapes');
      for (const [unrolled, file] of [
        [false, `${name}.svg`],
        [true, `${name}-unrolled.svg`],
      ] as const) {
        const svg = drawShape(name, unrolled);
        const { boxes } = parts(svg);
        for (const [layer, count] of Object.entries(shapes[name])) {
          assert.equal(boxes(layer), unrolled ? count : 1, `${layer} of ${file}`);
        }
        assert.match(svg, /prefers-color-scheme:dark/);
        assert.ok(svg.length < 20_000, file);
        assert.ok(
          existsSync(join(folder, file)) && readFileSync(join(folder, file), 'utf8') === `${svg}\n`,
          `${file}: run "npm run figures"`,
        );
      }
    });
  }

  it('draws what a state comes from, a layer or a vector', () => {
    for (const [name, label] of [
      ['encoder-decoder', 'final state'],
      ['one-to-many', 'initial h'],
    ] as const) {
      for (const unrolled of [false, true]) {
        const svg = drawShape(name, unrolled);
        assert.equal(parts(svg).arrows('initial'), 1);
        assert.ok(svg.includes(`>${label}</text>`), name);
      }
    }
  });

  it('refuses a layer that reads what is not there, and unknown options', () => {
    const model: ReportModel = { inputs: [], layers: [{ ...layer('a', 'dense', ['B', 1]), initialState: 'b' }] };
    assert.throws(() => renderModelFigure(model), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'initialState' });
    const twice: ReportModel = { inputs: [], layers: [layer('a', 'dense', ['B', 1]), layer('a', 'dense', ['B', 1])] };
    assert.throws(() => renderModelFigure(twice), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'name' });
    const options = { folded: true } as object;
    assert.throws(() => renderModelFigure(encoderDecoder, options), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });
});
