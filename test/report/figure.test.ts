/** The drawings of a model: each of the five shapes, folded and unrolled. */

import assert from 'node:assert/strict';
import { Model } from '../../src/index';
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

  it('refuses a layer that reads what is not there, and unknown options', () => {
    const model: ReportModel = { inputs: [], layers: [{ ...layer('a', 'dense', ['B', 1]), initialState: 'b' }] };
    assert.throws(() => renderModelFigure(model), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'initialState' });
    const twice: ReportModel = { inputs: [], layers: [layer('a', 'dense', ['B', 1]), layer('a', 'dense', ['B', 1])] };
    assert.throws(() => renderModelFigure(twice), { code: 'ERR_UNROLLED_OPTION_RANGE', option: 'name' });
    const options = { folded: true } as object;
    assert.throws(() => renderModelFigure(encoderDecoder, options), { code: 'ERR_UNROLLED_UNKNOWN_OPTION' });
  });
});
