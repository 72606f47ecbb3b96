import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors, readSafetensors, writeSafetensors } from '../../src/safetensors';
import { from, type Tensor, zeros } from '../../src/tensor/tensor';
import { useFolder } from '../support/folder';
import { safetensorsFile } from '../support/safetensors-file';

const TENSORS = new Map<string, Tensor>([
  [
    'rnn.weight',
    from([
      [1.5, -2],
      [NaN, Infinity],
      [0, 3],
    ]),
  ],
  ['head.bias', from([1 / 3, 1e300], 'float64')],
  ['10', from([1, -1], 'int32')],
  ['9', from([1, 255, 7], 'uint8')],
  ['empty', zeros([0, 3])],
  ['scalar', from(4)],
  ['__proto__', from([1], 'int16')],
]);

const METADATA = new Map([
  ['b', '漢字 "quoted"\n'],
  ['a', ''],
  ['10', 'ten'],
  ['__proto__', 'no prototype'],
]);

describe('safetensors', () => {
  const at = useFolder();

  it('gives back what was written', async () => {
    await writeSafetensors(at('model'), TENSORS, METADATA);
    for (const { tensors, metadata } of [
      await readSafetensors(at('model')),
      decodeSafetensors(readFileSync(at('model'))),
    ]) {
      assert.deepEqual(new Map([...tensors].sort()), new Map([...TENSORS].sort()));
      assert.deepEqual(metadata, new Map([...METADATA].sort()));
    }
    assert.deepEqual(readdirSync(at()), ['model']);
  });

  it('writes the same bytes for the same content in any order', () => {
    const bytes = encodeSafetensors(TENSORS, METADATA);
    assert.deepEqual(encodeSafetensors(new Map([...TENSORS].reverse()), new Map([...METADATA].reverse())), bytes);
  });

  it('writes the header that the format describes', () => {
    const bytes = encodeSafetensors(
      new Map<string, Tensor>([
        ['w', from([[1, 2]])],
        ['b', from([1], 'uint8')],
      ]),
      new Map([['k', 'v']]),
    );
    const json =
      '{"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
      '"w":{"dtype":"F32","shape":[1,2],"data_offsets":[1,9]}}';
    const length = Math.ceil(json.length / 8) * 8;
    assert.equal(Buffer.from(bytes).readBigUInt64LE(), BigInt(length));
    assert.equal(Buffer.from(bytes.subarray(8, 8 + length)).toString(), json.padEnd(length));
    assert.deepEqual([...bytes.subarray(8 + length)], [1, 0, 0, 128, 63, 0, 0, 0, 64]);
  });

  it('holds a file without tensors or metadata', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(new Map()));
    assert.equal(tensors.size + metadata.size, 0);
  });

  it('widens half-precision numbers', () => {
    const half = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000);
    const brain = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80, 0xff80, 0x7fc0, 0x8000);
    const { tensors } = decodeSafetensors(
      safetensorsFile(
        {
          half: { dtype: 'F16', shape: [9], data_offsets: [0, 18] },
          brain: { dtype: 'BF16', shape: [7], data_offsets: [18, 32] },
        },
        Buffer.concat([Buffer.from(half.buffer), Buffer.from(brain.buffer)]),
      ),
    );
    const smallest = 2 ** -24;
    assert.deepEqual(tensors.get('half'), {
      dtype: 'float32',
      shape: [9],
      data: Float32Array.of(1, -2, smallest, -1023 * smallest, 65504, Infinity, -Infinity, NaN, -0),
    });
    assert.deepEqual(tensors.get('brain'), {
      dtype: 'float32',
      shape: [7],
      data: Float32Array.of(1, -2, 2 ** -133, Infinity, -Infinity, NaN, -0),
    });
  });

  it('does not keep the bytes it was given', () => {
    const bytes = encodeSafetensors(new Map([['w', from([1])]]));
    const { tensors } = decodeSafetensors(bytes);
    bytes.fill(0);
    assert.deepEqual(tensors.get('w')?.data, Float32Array.of(1));
  });

  it('refuses tensors that cannot be written', async () => {
    const wrong = { dtype: 'float32', shape: [3], data: new Float32Array(2) } as const;
    assert.throws(() => encodeSafetensors(new Map([['w', wrong]])), { code: 'ERR_UNROLLED_SHAPE' });
    assert.throws(() => encodeSafetensors(new Map([['__metadata__', from([1])]])), {
      code: 'ERR_UNROLLED_OPTION_RANGE',
    });
    await assert.rejects(writeSafetensors(at('none', 'model'), new Map()), { code: 'ERR_UNROLLED_FILE_WRITE' });
  });

  it('says why a file cannot be read', async () => {
    await assert.rejects(readSafetensors(at('none')), { code: 'ERR_UNROLLED_FILE_NOT_FOUND' });
    await assert.rejects(readSafetensors(at()), { code: 'ERR_UNROLLED_FILE_READ' });
    writeFileSync(at('text'), 'a text, not a model');
    await assert.rejects(readSafetensors(at('text')), { code: 'ERR_UNROLLED_MODEL_FORMAT', message: /text is not/ });
  });
});
