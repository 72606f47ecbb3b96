/** The lists of nearest words and the map of them, of a model whose vectors are given. */

import assert from 'node:assert/strict';
import { foundAmong, nearestWords, principalPlane, vectorsOf } from '../../examples/support/neighbours';
import { layers, Model, tensor } from '../../src/index';

const WORDS = ['good', 'fine', 'bad', 'great', 'table'];
const VECTORS = [
  [1, 0, 0],
  [1, 0.5, 0],
  [-1, 0, 0],
  [1, 0, 0.25],
  [5, 5, 5],
];

/** The words with the vectors of a model, as an example has them. */
async function tableOf() {
  using model = Model.create({
    input: { kind: 'ids', vocabulary: WORDS.length },
    layers: [layers.embedding(3, { weights: tensor.from(VECTORS) }), layers.pooling('sum')],
  });
  const { 'embedding.weight': vectors } = await model.parameters();
  return { words: WORDS, vectors: vectors as NonNullable<typeof vectors> };
}

describe('word neighbours', () => {
  it('come by Euclidean distance, without the word itself', async () => {
    const near = nearestWords(await tableOf(), 'good', 10);
    assert.deepEqual(near, [
      { word: 'great', distance: 0.25 },
      { word: 'fine', distance: 0.5 },
      { word: 'bad', distance: 2 },
      { word: 'table', distance: Math.sqrt(16 + 25 + 25) },
    ]);
  });

  it('are as many as asked, and none for a word that is not there', async () => {
    const table = await tableOf();
    assert.deepEqual(
      nearestWords(table, 'bad', 1).map(({ word }) => word),
      ['good'],
    );
    assert.deepEqual(nearestWords(table, 'worst', 3), []);
  });

  it('are compared with those that were expected', async () => {
    const near = nearestWords(await tableOf(), 'good', 3);
    assert.deepEqual(foundAmong(near, ['table', 'bad', 'lovely', 'great']), ['bad', 'great']);
  });

  it('lie on the map along the directions in which they spread most', () => {
    // In a plane of their own: 4 along one direction, 1 along another, nothing along the third.
    const [u, v] = [
      [0.6, 0.8, 0],
      [0, 0, 1],
    ] as const;
    const places = [
      [4, 1],
      [4, -1],
      [-4, 1],
      [-4, -1],
    ] as const;
    const vectors = places.map(([a, b]) => u.map((value, i) => 7 + a * value + b * (v[i] as number)));
    const plane = principalPlane(vectors);
    for (const [i, { x, y }] of plane.entries()) {
      assert.ok(Math.abs(Math.abs(x) - 4) < 1e-9 && Math.abs(Math.abs(y) - 1) < 1e-9, `${i}: ${x}, ${y}`);
    }
    const signs = (key: 'x' | 'y') => plane.map((place) => Math.sign(place[key] * (plane[0]?.[key] as number)));
    assert.deepEqual(
      [signs('x'), signs('y')],
      [
        [1, 1, -1, -1],
        [1, -1, 1, -1],
      ],
    );
  });

  it('lie on one spot where all are the same', async () => {
    const table = await tableOf();
    assert.deepEqual(principalPlane(vectorsOf(table, ['bad', 'bad'])), [
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ]);
  });
});
