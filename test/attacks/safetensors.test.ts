/** Files that must be refused with a coded error, from memory and from disk alike. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors, readSafetensors } from '../../src/safetensors';
import { from } from '../../src/tensor/tensor';
import { useFolder } from '../support/folder';
import { headerLength, safetensorsFile } from '../support/safetensors-file';

const WHOLE = encodeSafetensors(new Map([['w', from([1, 2])]]), new Map([['k', 'v']]));

/** A file whose only tensor is described by this, with 8 bytes of data. */
function fileWith(entry: unknown): Uint8Array {
  return safetensorsFile({ w: entry }, new Uint8Array(8));
}

function floats(shape: unknown, offsets: unknown): Uint8Array {
  return fileWith({ dtype: 'F32', shape, data_offsets: offsets });
}

/** A file with one F32 tensor of shape [n] for each pair of offsets. */
function layout(offsets: [begin: number, end: number][], dataLength: number): Uint8Array {
  const entries = offsets.map(([begin, end], i) => [
    `tensor${i}`,
    { dtype: 'F32', shape: [(end - begin) / 4], data_offsets: [begin, end] },
  ]);
  return safetensorsFile(Object.fromEntries(entries), new Uint8Array(dataLength));
}

const ATTACKS: [name: string, bytes: Uint8Array, message: RegExp][] = [
  ['no byte at all', new Uint8Array(), /too short/],
  ['seven bytes', new Uint8Array(7), /too short/],
  ['a length and no header', headerLength(2), /or than the file/],
  ['an empty header', safetensorsFile(''), /not JSON/],
  ['a header longer than the file', Buffer.concat([headerLength(100), Buffer.from('{}')]), /or than the file/],
  ['a header of 2^63 bytes', Buffer.concat([headerLength(2n ** 63n), Buffer.from('{}')]), /or than the file/],
  ['a header of 2^64 − 1 bytes', Buffer.concat([headerLength(2n ** 64n - 1n), Buffer.from('{}')]), /longer than/],
  ['a file cut in its header', WHOLE.subarray(0, 40), /or than the file/],
  ['a file cut in its data', WHOLE.subarray(0, -1), /beyond the end/],
  ['bytes after the data', Buffer.concat([WHOLE, Buffer.from('x')]), /after the last tensor/],
  ['data without any tensor', safetensorsFile({}, new Uint8Array(4)), /after the last tensor/],

  ['a header that is no UTF-8', Buffer.concat([headerLength(4), Buffer.from('{"\xff"', 'latin1')]), /not UTF-8/],
  ['a header that is no JSON', safetensorsFile('{"w":}'), /not JSON/],
  ['a header with a mark', safetensorsFile('\ufeff{}'), /not JSON/],
  ['a header nested deeply', safetensorsFile('['.repeat(1_000_000)), /not JSON/],
  ['a list for a header', safetensorsFile('[]'), /not a JSON object/],
  ['null for a header', safetensorsFile('null'), /not a JSON object/],
  ['a header that begins with a space', safetensorsFile(' {}'), /not a JSON object/],
  ['a name twice', safetensorsFile('{"a":{},"a":{}}'), /twice in the header \("a"\)/],
  ['a name twice, once escaped', safetensorsFile('{"a\\"":{"x":"}"}, "\\u0061\\"" :{}}'), /twice in the header/],
  ['a name twice inside a tensor', safetensorsFile('{"a":{"dtype":"F32","dtype":"U8"}}'), /twice .*"dtype"/],
  ['two lots of metadata', safetensorsFile('{"__metadata__":{},"__metadata__":{}}'), /twice/],
  ['metadata that is no object', safetensorsFile({ __metadata__: ['a'] }), /not an object of strings/],
  ['metadata that is null', safetensorsFile({ __metadata__: null }), /not an object of strings/],
  ['metadata with a number', safetensorsFile({ __metadata__: { k: 1 } }), /not an object of strings \("k"\)/],

  ['a tensor that is null', fileWith(null), /is not dtype, shape/],
  ['a tensor that is a number', fileWith(1), /is not dtype, shape/],
  ['a tensor without a shape', fileWith({ dtype: 'F32', data_offsets: [0, 8] }), /is not dtype, shape/],
  ['a tensor without offsets', fileWith({ dtype: 'F32', shape: [2] }), /is not dtype, shape/],
  ['an unknown type', fileWith({ dtype: 'F33', shape: [2], data_offsets: [0, 8] }), /element type/],
  ['a type that is no string', fileWith({ dtype: ['F32'], shape: [2], data_offsets: [0, 8] }), /element type/],
  ['a type of the prototype', fileWith({ dtype: 'constructor', shape: [2], data_offsets: [0, 8] }), /element type/],

  ['a shape that is no list', floats('2', [0, 8]), /a shape is not/],
  ['a negative size', floats([-2], [0, 8]), /a shape is not/],
  ['two negative sizes', floats([-1, -2], [0, 8]), /a shape is not/],
  ['a broken size', floats([0.5, 4], [0, 8]), /a shape is not/],
  ['a size as text', floats(['2'], [0, 8]), /a shape is not/],
  [
    'a size beyond 2^53',
    safetensorsFile('{"w":{"dtype":"U8","shape":[1e300],"data_offsets":[0,0]}}'),
    /a shape is not/,
  ],
  ['sizes that overflow 64 bits to the right number', floats([2 ** 32, 2 ** 32, 2], [0, 8]), /a shape is not/],
  ['a shape of more bytes than given', floats([3], [0, 8]), /size of a tensor in bytes/],
  ['a shape of fewer bytes than given', floats([1], [0, 8]), /size of a tensor in bytes/],
  ['a gigantic shape without data', floats([2 ** 40], [0, 8]), /size of a tensor in bytes/],

  ['offsets that are no list', floats([2], 8), /data_offsets are not/],
  ['one offset', floats([2], [8]), /data_offsets are not/],
  ['three offsets', floats([2], [0, 4, 8]), /data_offsets are not/],
  ['a negative offset', floats([2], [-8, 0]), /data_offsets are not/],
  ['a broken offset', floats([2], [0, 8.5]), /data_offsets are not/],
  ['offsets in the wrong order', floats([2], [8, 0]), /data_offsets are not/],
  ['an offset beyond the file', floats([4], [0, 16]), /beyond the end/],
  ['an offset of 2^53 − 1', floats([2], [2 ** 53 - 9, 2 ** 53 - 1]), /beyond the end/],
  [
    'tensors that overlap',
    layout(
      [
        [0, 8],
        [4, 12],
      ],
      12,
    ),
    /overlap/,
  ],
  [
    'two tensors in one place',
    layout(
      [
        [0, 8],
        [0, 8],
      ],
      8,
    ),
    /overlap/,
  ],
  [
    'an empty tensor inside another',
    layout(
      [
        [0, 8],
        [4, 4],
      ],
      8,
    ),
    /overlap/,
  ],
  ['a hole before the first tensor', layout([[4, 8]], 8), /between two tensors/],
  [
    'a hole between tensors',
    layout(
      [
        [0, 4],
        [8, 12],
      ],
      12,
    ),
    /between two tensors/,
  ],
  [
    'a hole before an empty tensor',
    layout(
      [
        [0, 4],
        [8, 8],
      ],
      8,
    ),
    /between two tensors/,
  ],
];

describe('hostile safetensors files', () => {
  const at = useFolder();

  for (const [name, bytes, message] of ATTACKS) {
    it(`refuses ${name}`, async () => {
      const error = { name: 'Error', code: 'ERR_UNROLLED_MODEL_FORMAT', message };
      assert.throws(() => decodeSafetensors(bytes), error);
      writeFileSync(at('model'), bytes);
      await assert.rejects(readSafetensors(at('model')), error);
    });
  }

  it('refuses a header over 100 MB even where the file is long enough', async () => {
    writeFileSync(at('model'), headerLength(100_000_001));
    truncateSync(at('model'), 200_000_000);
    await assert.rejects(readSafetensors(at('model')), { code: 'ERR_UNROLLED_MODEL_FORMAT', message: /100 MB/ });
  });

  it('refuses a pipe, which it would have to wait for', async function () {
    if (spawnSync('mkfifo', [at('pipe')]).status !== 0) this.skip();
    await assert.rejects(readSafetensors(at('pipe')), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /pipe cannot be read: it is not a regular file\.$/,
    });
  });

  it('refuses a whole file cut anywhere', () => {
    for (let length = 0; length < WHOLE.length; length++) {
      assert.throws(() => decodeSafetensors(WHOLE.subarray(0, length)), { code: 'ERR_UNROLLED_MODEL_FORMAT' });
    }
  });

  it('reads or refuses a whole file with any byte changed', () => {
    for (let i = 0; i < WHOLE.length; i++) {
      for (const bits of [0x01, 0x10, 0x80, 0xff]) {
        const changed = Uint8Array.from(WHOLE);
        changed[i] = (changed[i] as number) ^ bits;
        try {
          decodeSafetensors(changed);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_UNROLLED_MODEL_FORMAT');
        }
      }
    }
  });
});
