import assert from 'node:assert/strict';
import { philox, Random, RandomUse } from '../../src/base/random';

describe('Random', () => {
  it('is Philox4x32-10, by the known answers of its authors', () => {
    assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    assert.deepEqual(philox([ones, ones, ones, ones], [ones, ones]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    assert.deepEqual(
      philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    );
  });

  it('draws the same numbers for the same name, and others for any other', () => {
    const draw = (seed: number, use: number, step?: number) => {
      const random = new Random(seed, use, step);
      return Array.from({ length: 9 }, () => random.next()).join();
    };
    const [first, ...others] = [
      draw(1, RandomUse.split),
      draw(2, RandomUse.split),
      draw(1 + 2 ** 32, RandomUse.split),
      draw(1, RandomUse.wordVectors),
      draw(1, RandomUse.split, 1),
      draw(1, RandomUse.split, 2 ** 32),
    ];
    assert.equal(draw(1, RandomUse.split), first);
    assert.equal(new Set([first, ...others]).size, 6);
  });

  it('is uniform, and shuffles every item to every place', () => {
    const random = new Random(5, RandomUse.split);
    const draws = Array.from({ length: 4000 }, () => random.uniform());
    assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
    assert.ok(Math.abs(draws.reduce((sum, draw) => sum + draw) / 4000 - 0.5) < 0.02);

    const places = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let i = 0; i < 2000; i++) {
      for (const [place, item] of random.shuffled([0, 1, 2, 3]).entries()) (places[place] as number[])[item]! += 1;
    }
    for (const count of places.flat()) assert.ok(count > 420 && count < 580, `${count} of 500`);
  });

  it('shuffles with turns of the event loop to the same order', async () => {
    for (const count of [0, 1, 2, 8191, 8192, 8193, 20_000]) {
      const items = Array.from({ length: count }, (_, i) => i);
      const order = new Random(7, RandomUse.split).shuffled(items);
      assert.deepEqual(await new Random(7, RandomUse.split).shuffledInTurns(items), order);
    }
  });
});
