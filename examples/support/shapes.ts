/** The five shapes of sequence models, each as a small `Model`; `npm run figures` draws them for the documentation. */

import { layers, Model, type ModelOptions } from '../../src/index';
import { type DescriptionOptions, describeModel, renderModelFigure } from '../../src/report';

const { attention, dense, embedding, gru, lstm, pooling } = layers;

interface Shape {
  model: ModelOptions;
  /** Steps that are fixed: one of a single input. */
  steps?: DescriptionOptions;
}

export const SHAPES = {
  /** A vector in, a vector out: no recurrence at all. */
  'one-to-one': {
    model: {
      input: { kind: 'features', features: 64 },
      layers: [dense(128, { name: 'hidden', activation: 'tanh' }), dense(10, { name: 'classes' })],
    },
    steps: { time: 1 },
  },
  /** A vector in, a text out: it starts the state of a network that goes on from the words before. */
  'one-to-many': {
    model: {
      source: { kind: 'features', features: 512 },
      input: { kind: 'ids', vocabulary: 5000 },
      layers: [
        pooling('last', { name: 'picture', from: 'source' }),
        dense(128, { name: 'start', activation: 'tanh' }),
        embedding(64, { name: 'words', from: 'input' }),
        gru(128, { name: 'caption', initialState: 'start' }),
        dense(5000, { name: 'next' }),
      ],
    },
    steps: { sourceTime: 1 },
  },
  /** A text in, its class out. */
  'many-to-one': {
    model: {
      input: { kind: 'ids', vocabulary: 5000 },
      layers: [
        embedding(64, { name: 'words' }),
        lstm(128, { name: 'reader' }),
        pooling('last', { name: 'last' }),
        dense(2, { name: 'classes' }),
      ],
    },
  },
  /** A label for each word, from what stands before it and behind. */
  'many-to-many': {
    model: {
      input: { kind: 'ids', vocabulary: 5000 },
      layers: [
        embedding(64, { name: 'words' }),
        layers.bidirectional(lstm(128, { name: 'reader' })),
        dense(17, { name: 'tags' }),
      ],
    },
  },
  /** A text in, and then another one out, with a look at all of the first at every step. */
  'encoder-decoder': {
    model: {
      source: { kind: 'ids', vocabulary: 5000 },
      input: { kind: 'ids', vocabulary: 4000 },
      layers: [
        embedding(64, { name: 'source words', from: 'source' }),
        lstm(128, { name: 'encoder' }),
        embedding(64, { name: 'words', from: 'input' }),
        lstm(128, { name: 'decoder', initialState: 'encoder' }),
        attention(['decoder', 'encoder'], { name: 'attention' }),
        dense(4000, { name: 'next' }),
      ],
    },
  },
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];

/** The picture of a shape, as SVG. */
export function drawShape(name: ShapeName, unrolled: boolean): string {
  const { model: options, steps }: Shape = SHAPES[name];
  using model = Model.create(options);
  return renderModelFigure(describeModel(model, steps), { unrolled });
}
