/** Models of every layer, with every option that a pass without dropout depends on. */

import { layers, type ModelOptions } from '../../src/index';
import type { Layer } from '../../src/layers/layer-functions';
import type { Activation } from '../../src/native/layer-choices';

const { activation, adaptiveSoftmax, add, attention, bidirectional, concatenate, dense, dropout } = layers;
const { embedding, gru, layerNorm, lstm, oneHot, pooling, rnn } = layers;

/** A model by its title. */
export type Subject = [title: string, options: ModelOptions];

const IDS = { kind: 'ids', vocabulary: 7 } as const;
const FEATURES = { kind: 'features', features: 3 } as const;

const CELLS = { rnn, gru, lstm };

function chain(...all: Layer[]): ModelOptions {
  return { input: IDS, layers: all };
}

function ofVectors(...all: Layer[]): ModelOptions {
  return { input: FEATURES, layers: all };
}

/** Each cell with each of its options, alone and with those that it shares an operator with. */
function cells(): Subject[] {
  return (['rnn', 'gru', 'lstm'] as const).flatMap((type) => {
    const cell = CELLS[type];
    const both = (title: string, options: Parameters<typeof rnn>[1]): Subject[] => [
      [`${type} ${title}`, ofVectors(cell(4, options))],
      [`${type} ${title}, both directions`, ofVectors(bidirectional(cell(4, options)))],
    ];
    const acts = (['tanh', 'relu', 'sigmoid', 'linear'] as Activation[]).flatMap((f) => both(f, { activation: f }));
    const gates =
      type === 'rnn'
        ? []
        : (['tanh', 'relu', 'linear'] as Activation[]).flatMap((f) => both(`gates ${f}`, { gateActivation: f }));
    const first = type === 'gru' ? both('reset first', { resetAfter: false }) : [];
    const firstNormal = type === 'gru' ? both('reset first, normalised', { resetAfter: false, layerNorm: true }) : [];
    return [
      ...acts,
      ...gates,
      ...first,
      ...firstNormal,
      ...both('without biases', { bias: false }),
      ...both('of a single bias', { singleBias: true }),
      ...both('normalised', { layerNorm: true }),
      ...both('normalised, without biases', { layerNorm: true, bias: false }),
      ...both('normalised, of a single bias, relu, wide epsilon', {
        ...{ layerNorm: true, singleBias: true, activation: 'relu', epsilon: 0.1 },
      }),
      ...both('of three layers', { layers: 3, dropout: 0.5, recurrentDropout: 0.5 }),
      [`${type} of two normalised layers`, ofVectors(cell(4, { layers: 2, layerNorm: true }))],
      [`${type}, directions added`, ofVectors(bidirectional(cell(4, { layers: 2 }), 'sum'))],
      [`${type}, normalised directions added`, ofVectors(bidirectional(cell(4, { layerNorm: true }), 'sum'))],
      [`${type} over few one-hot ids`, chain(oneHot(), cell(8), dense(2))],
      [`${type} over many one-hot ids`, { input: { kind: 'ids', vocabulary: 50 }, layers: [oneHot(), cell(3)] }],
      [
        `${type} over many one-hot ids, both directions`,
        { input: { kind: 'ids', vocabulary: 50 }, layers: [oneHot(), bidirectional(cell(3))] },
      ],
      [`${type} over one-hot ids, normalised`, chain(oneHot(), cell(4, { layerNorm: true }))],
    ] satisfies Subject[];
  });
}

function poolings(): Subject[] {
  return (['last', 'sum', 'mean', 'max', 'final'] as const).flatMap((kind): Subject[] => [
    [`pooling ${kind} of embeddings`, chain(embedding(3), pooling(kind), dense(2))],
    [`pooling ${kind} of a cell`, chain(embedding(3), gru(4), pooling(kind), dropout(0.5), dense(2))],
    [`pooling ${kind} of directions`, chain(embedding(3), bidirectional(lstm(4)), dropout(0.3), pooling(kind))],
    [`pooling ${kind} of added directions`, chain(embedding(3), bidirectional(rnn(4), 'sum'), pooling(kind))],
    [
      `pooling ${kind} of directions, dense between`,
      chain(embedding(3), bidirectional(gru(4)), dense(3), pooling(kind)),
    ],
    [`pooling ${kind} of vectors`, ofVectors(pooling(kind), dense(2, { activation: 'tanh' }))],
  ]);
}

/** Layers that read each position by itself, or several. */
function others(): Subject[] {
  return [
    ['an embedding alone', chain(embedding(3))],
    ['dense layers', ofVectors(dense(4, { activation: 'relu' }), dense(3, { bias: false }), dense(2))],
    ['activations', ofVectors(activation('tanh'), activation('relu'), activation('sigmoid'), activation('linear'))],
    ['a normalisation', ofVectors(layerNorm(), dense(5), layerNorm({ epsilon: 0.01 }))],
    ['a normalisation of one feature', ofVectors(dense(1), layerNorm())],
    ['tied weights', chain(embedding(4, { name: 'table' }), lstm(4), dense(7, { tiedTo: 'table' }))],
    ['tied weights without a bias', chain(embedding(4, { name: 'table' }), dense(7, { tiedTo: 'table', bias: false }))],
    ['a sampled softmax', chain(embedding(4), gru(4), dense(7, { samples: 2, ranks: [3, 1, 0, 2, 6, 5, 4] }))],
    ['an adaptive softmax', chain(embedding(4), rnn(8), adaptiveSoftmax(7, { cutoffs: [3, 5] }))],
    [
      'an adaptive softmax by rank',
      chain(
        embedding(4),
        rnn(8),
        adaptiveSoftmax(7, { cutoffs: [2, 4, 5], divisor: 2, bias: true, ranks: [3, 1, 0, 2, 6, 5, 4] }),
      ),
    ],
    [
      'an adaptive softmax of whole sequences',
      chain(embedding(4), rnn(8), pooling('last'), adaptiveSoftmax(7, { cutoffs: [3] })),
    ],
    [
      'joined layers',
      {
        input: FEATURES,
        layers: [
          gru(4, { name: 'a' }),
          lstm(4, { name: 'b', from: 'input' }),
          add(['a', 'b'], { name: 'sum' }),
          concatenate(['sum', 'a', 'input']),
          dense(3),
        ],
      },
    ],
    [
      'attention to itself',
      {
        input: IDS,
        layers: [embedding(3), bidirectional(gru(2), { name: 'a' }), attention(['a', 'a'], { score: 'dot' }), dense(2)],
      },
    ],
    [
      'attention of a pooled query',
      {
        input: IDS,
        layers: [embedding(3), gru(4, { name: 'a' }), pooling('max', { name: 'p' }), attention(['p', 'a']), dense(2)],
      },
    ],
    [
      'a cell that starts from a vector',
      {
        input: FEATURES,
        layers: [
          gru(4, { name: 'a' }),
          pooling('mean', { name: 'p' }),
          lstm(4, { name: 'b', from: 'input', initialState: 'p' }),
          gru(4, { name: 'c', from: 'b', initialState: 'p', layerNorm: true }),
        ],
      },
    ],
    [
      'a recurrent layer over one step',
      ofVectors(gru(4), pooling('sum'), lstm(3), bidirectional(rnn(3, { name: 'd', layerNorm: true }))),
    ],
  ];
}

/** Encoder–decoders. */
function pairs(): Subject[] {
  const models = (['rnn', 'gru', 'lstm'] as const).flatMap((type) =>
    [false, true].map((layerNormed): Subject => {
      const cell = CELLS[type];
      return [
        `encoder–decoder of ${type}${layerNormed ? ', normalised' : ''}`,
        {
          input: IDS,
          source: { kind: 'ids', vocabulary: 9 },
          layers: [
            embedding(3, { name: 'read', from: 'source' }),
            cell(4, { name: 'encoder', layers: 2, layerNorm: layerNormed }),
            embedding(3, { name: 'written', from: 'input' }),
            cell(4, { name: 'decoder', layers: 2, initialState: 'encoder', layerNorm: layerNormed }),
            attention(['decoder', 'encoder']),
            dense(7, { name: 'head' }),
          ],
        },
      ];
    }),
  );
  return [
    ...models,
    [
      'encoder of vectors in both directions, decoder of both directions',
      {
        input: IDS,
        source: FEATURES,
        layers: [
          bidirectional(lstm(4), { name: 'encoder', from: 'source' }),
          embedding(3, { name: 'written', from: 'input' }),
          bidirectional(lstm(4, { initialState: 'encoder' }), { name: 'decoder' }),
          attention(['decoder', 'encoder'], { score: 'dot' }),
        ],
      },
    ],
    [
      'a source that is pooled, and an input that reads it',
      {
        input: FEATURES,
        source: IDS,
        layers: [
          embedding(3, { from: 'source' }),
          gru(4, { name: 'encoder' }),
          pooling('final', { name: 'thought' }),
          gru(4, { name: 'decoder', from: 'input', initialState: 'thought' }),
          dense(2),
        ],
      },
    ],
  ];
}

/** All of them. */
export function subjects(): Subject[] {
  return [...cells(), ...poolings(), ...others(), ...pairs()];
}
