/** Files of more than 2 GiB: beyond that, one call cannot read or write them, and offsets in 32 bits would turn over. */

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { PIECE_BYTES, piecesOf } from '../../src/base/files/file-pieces';
import { readWhole } from '../../src/base/files/files';
import { TextVectorizer, Vocabulary } from '../../src/index';
import { readSafetensors, writeSafetensors } from '../../src/safetensors';
import { type Tensor, zeros } from '../../src/tensor/tensor';
import { readText } from '../../src/text/read-text';
import { runCli } from '../support/cli';
import { useFolder } from '../support/folder';
import { IS_LONG, requireEnd } from '../support/program';
import { headerLength } from '../support/safetensors-file';

/** One byte more than a call takes. */
const TOO_MUCH = 2 ** 31;

describe('files of more than 2 GiB', function () {
  this.timeout(120_000);
  const at = useFolder();

  /** A sparse file with one tensor of `bytes` zeros but for those given, which takes a few KB on the disk. */
  function sparseFile(dtype: string, shape: number[], bytes: number, given: Readonly<Record<number, Uint8Array>> = {}) {
    const metadata = { unrolled: '1', model: '{}', vocabulary: '{}' };
    const header = Buffer.from(
      JSON.stringify({ __metadata__: metadata, t: { dtype, shape, data_offsets: [0, bytes] } }),
    );
    const path = at('model.safetensors');
    const file = openSync(path, 'w');
    writeSync(file, headerLength(header.length));
    writeSync(file, header);
    ftruncateSync(file, 8 + header.length + bytes);
    for (const [place, content] of Object.entries(given))
      writeSync(file, content, 0, content.length, 8 + header.length + Number(place));
    closeSync(file);
    return path;
  }

  it('are read, a tensor in more than one call', async () => {
    const path = sparseFile('U8', [TOO_MUCH + 1], TOO_MUCH + 1, { 0: Uint8Array.of(1), [TOO_MUCH]: Uint8Array.of(2) });
    const data = (await readSafetensors(path)).tensors.get('t')?.data;
    assert.equal(data?.length, TOO_MUCH + 1);
    assert.deepEqual([data?.[0], data?.[1], data?.[TOO_MUCH - 1], data?.[TOO_MUCH]], [1, 0, 0, 2]);
  });

  it('are refused with a code in a worker, which they do not end, nor the process', async () => {
    const path = sparseFile('U8', [TOO_MUCH], TOO_MUCH);
    const output = await requireEnd(`
      const worker = startWorker(\`
        const { code } = await LanguageModel.load(${JSON.stringify(path)}).catch((error) => error);
        parentPort.postMessage(code);\`);
      worker.once('message', (code) => { console.log(code); worker.terminate(); });`);
    assert.match(output, /^ERR_UNROLLED_MODEL_MISMATCH$/m);
  });

  it('are refused before they are read where no memory could hold them', async () => {
    const bytes = 2 ** 42;
    await assert.rejects(readSafetensors(sparseFile('F16', [bytes / 2], bytes)), {
      code: 'ERR_UNROLLED_OUT_OF_MEMORY',
      message: /^Reading .*model\.safetensors needs 8\.19e\+3 GiB/,
    });
  });

  for (const [dtype, one, two] of [
    ['F16', 0x3c00, 0x4000],
    ['BF16', 0x3f80, 0x4000],
  ] as const) {
    it(`are widened from ${dtype} a piece at a time`, async () => {
      const bytes = PIECE_BYTES + 4;
      const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
      const path = sparseFile(dtype, [bytes / 2], bytes, { 0: halves(one), [PIECE_BYTES - 2]: halves(two, one, two) });
      const data = (await readSafetensors(path)).tensors.get('t')?.data;
      const places = [0, 1, PIECE_BYTES / 2 - 2, PIECE_BYTES / 2 - 1, PIECE_BYTES / 2, PIECE_BYTES / 2 + 1];
      assert.equal(data?.length, bytes / 2);
      assert.deepEqual(
        places.map((place) => data?.[place]),
        [1, 0, 0, 2, 1, 2],
      );
    });
  }

  it('come back as they were written, whatever a call takes', async () => {
    const data = new Float64Array(PIECE_BYTES / 8 + 2).map((_, i) => i);
    const [all, part] = [zeros([3]), data.subarray(1)];
    await writeSafetensors(
      at('model'),
      new Map<string, Tensor>([
        ['a', all],
        ['b', { dtype: 'float64', shape: [part.length], data: part }],
      ]),
    );
    const { data: read } = (await readSafetensors(at('model'))).tensors.get('b') as Tensor;
    assert.ok(Buffer.from(read.buffer).equals(Buffer.from(data.buffer, 8)));
  });

  it('are cut in views that every Node.js can make', () => {
    // 4 GiB and 8 bytes, of which nothing is touched.
    const pieces = [...piecesOf(new Float64Array(2 ** 29 + 1))];
    assert.equal(
      pieces.reduce((sum, { length }) => sum + length, 0),
      2 ** 32 + 8,
    );
    assert.equal(pieces.at(-1)?.byteOffset, 2 ** 32);
    assert.deepEqual(
      [...piecesOf(new Int16Array(new ArrayBuffer(10), 2, 3))].map(({ byteOffset, length }) => [byteOffset, length]),
      [[2, 6]],
    );
    assert.deepEqual([...piecesOf(new Uint8Array(0))], []);
  });

  it('are no texts to read as a whole: it says what reads them', async () => {
    writeFileSync(at('text'), '');
    truncateSync(at('text'), TOO_MUCH);
    const error = {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /longer than the longest JavaScript string.*datasets\.textFile/,
    };
    await assert.rejects(readText(at('text')), error);
    await assert.rejects(readWhole(at('text')), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /it is larger than 2 GiB\.$/,
    });
    const { status, stderr } = await runCli('train', at('text'));
    assert.equal(status, 1);
    assert.match(
      stderr,
      /longer than the longest JavaScript string.* --stream leaves the text in its file\. \(ERR_UNROLLED_FILE_READ\)/,
    );
  });

  // Half a minute, and some GB of memory.
  if (IS_LONG) {
    it('are no texts to read as a whole in an encoding whose decoder takes them for damaged', async () => {
      writeFileSync(at('text'), '');
      truncateSync(at('text'), 2 ** 29);
      await assert.rejects(readText(at('text'), { encoding: 'gbk' }), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /longer than the longest JavaScript string/,
      });
    });

    it('are no texts to bring into a form that no string can hold', async () => {
      // Eighteen times as long.
      writeFileSync(at('text'), '\ufdfa'.repeat(2 ** 25));
      await assert.rejects(readText(at('text'), { normalization: 'NFKD' }), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /longer than the longest JavaScript string/,
      });
    });

    it('have a code too where a vocabulary or a vectorizer brings them into that form', async () => {
      const text = '\ufdfa'.repeat(2 ** 25);
      const error = { code: 'ERR_UNROLLED_OPTION_RANGE', message: /In the normal form NFKD the text is longer/ };
      assert.throws(() => Vocabulary.build('a', { normalization: 'NFKD' }).encode(text), error);
      await assert.rejects(TextVectorizer.adapt([text], { normalization: 'NFKD' }), error);
    });

    it('may come out of a small one that is gzipped', async () => {
      // Members one behind another are one file.
      const member = gzipSync(Buffer.alloc(2 ** 26));
      writeFileSync(at('text.gz'), Buffer.concat(new Array(33).fill(member)));
      await assert.rejects(readText(at('text.gz')), {
        code: 'ERR_UNROLLED_FILE_READ',
        message: /longer than the longest JavaScript string/,
      });
    });
  }
});
