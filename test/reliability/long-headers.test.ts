/** Long headers and vocabularies leave the event loop free: turns are counted, beside those that the work at once would leave. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { datasets, LanguageModel, Vocabulary } from '../../src/index';
import { encodeSafetensors, readSafetensors } from '../../src/safetensors';
import { from } from '../../src/tensor/tensor';
import { useFolder } from '../support/folder';
import { safetensorsFile } from '../support/safetensors-file';

/** Runs work, and counts the turns that the event loop has meanwhile. */
async function turnsOf<T>(work: () => Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  try {
    return { result: await work(), turns };
  } finally {
    isOver = true;
  }
}

/** Every code point but the halves of surrogate pairs, 1.1 million. */
function everyCharacter(): string {
  let text = '';
  for (let first = 0; first < 0x110000; first += 0x800) {
    const points = Array.from({ length: 0x800 }, (_, i) => first + i);
    if (first !== 0xd800) text += String.fromCodePoint(...points);
  }
  return text;
}

describe('what is long in a file', function () {
  this.timeout(120_000);
  const at = useFolder();

  it('is a header of 100,000 tensors, each of which is read', async () => {
    const entry = (i: number) => ({ dtype: 'U8', shape: [1], data_offsets: [i, i + 1] });
    const count = 100_000;
    // The last first: they have to be brought into the order of their bytes.
    const names = Array.from({ length: count }, (_, i) => count - 1 - i);
    const header = Object.fromEntries(names.map((i) => [`t${i}`, entry(i)]));
    const data = Uint8Array.from({ length: count }, (_, i) => i);
    writeFileSync(at('model'), safetensorsFile(header, data));
    const { tensors } = await readSafetensors(at('model'));
    assert.equal(tensors.size, count);
    assert.deepEqual([...tensors.keys()].slice(0, 3), ['t0', 't1', 't2']);
    assert.equal(tensors.get('t99999')?.data[0], 99_999 % 256);
  });

  it('is a header of tensors without elements, for which nothing is waited', async () => {
    const header = Array.from({ length: 100_000 }, (_, i) => [
      `t${i}`,
      { dtype: 'U8', shape: [0], data_offsets: [0, 0] },
    ]);
    writeFileSync(at('model'), safetensorsFile(Object.fromEntries(header)));
    const { turns, result } = await turnsOf(() => LanguageModel.load(at('model')).catch((error) => error));
    assert.equal(result.code, 'ERR_UNROLLED_MODEL_FORMAT');
    assert.ok(turns > 20, `${turns} turns`);
  });

  it('is a header of one long text, or of nothing but space', async () => {
    for (const [bytes, code] of [
      [
        encodeSafetensors(
          new Map([['w', from([1])]]),
          new Map([
            ['unrolled', '1'],
            ['model', ' '.repeat(1e7)],
          ]),
        ),
        /not JSON/,
      ],
      [
        encodeSafetensors(
          new Map(),
          new Map([
            ['unrolled', '1'],
            ['model', `{"a":"${'\n'.repeat(3e6)}`],
          ]),
        ),
        /not JSON/,
      ],
      [safetensorsFile(`{"a":1${' '.repeat(1e7)}}`), /is not dtype, shape/],
    ] as const) {
      writeFileSync(at('model'), bytes);
      const { turns, result } = await turnsOf(() => LanguageModel.load(at('model')).catch((error) => error));
      assert.equal(result.code, 'ERR_UNROLLED_MODEL_FORMAT');
      assert.match(result.message, code);
      assert.ok(turns > 8, `${turns} turns`);
    }
  });

  it('is a vocabulary of all of Unicode: built, saved and loaded', async () => {
    const text = everyCharacter();
    writeFileSync(at('text'), text);
    const { turns, result: corpus } = await turnsOf(() => datasets.text(at('text')));
    assert.ok(turns > 4, `${turns} turns`);
    assert.equal(corpus.vocabulary.size, 0x110000 - 0x800);
    assert.deepEqual(corpus.vocabulary.toJSON(), Vocabulary.build(text).toJSON());
    using model = LanguageModel.create({ vocabulary: corpus.vocabulary, embedding: 1, hidden: 1 });
    await model.save(at('model'));
    const loading = await turnsOf(() => LanguageModel.load(at('model')));
    using again = loading.result;
    assert.ok(loading.turns > 20, `${loading.turns} turns`);
    assert.ok(again.vocabulary.equals(corpus.vocabulary));
    assert.equal(again.vocabulary.id('\u{10ffff}'), 0x10ffff - 0x800);
  });
});
