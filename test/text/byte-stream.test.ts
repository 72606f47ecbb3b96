/** Streamed files tell whoever reads them what went wrong, however late they begin to read. */

import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { readStreamed } from '../../src/text/byte-stream';
import { useFolder } from '../support/folder';

describe('readStreamed', () => {
  const at = useFolder();

  /** Long enough for a stream to run into its error. */
  const LATE = 100;

  async function readLate(pieces: AsyncIterable<Uint8Array>): Promise<number> {
    await setTimeout(LATE);
    let bytes = 0;
    for await (const piece of pieces) bytes += piece.length;
    return bytes;
  }

  it('gives the whole file to one that reads late', async () => {
    writeFileSync(at('plain'), 'a'.repeat(1_000_000));
    writeFileSync(at('packed'), gzipSync('a'.repeat(1_000_000)));
    for (const name of ['plain', 'packed']) assert.equal(await readStreamed(at(name), undefined, readLate), 1_000_000);
  });

  it('tells one that reads late that the compression was cut short', async () => {
    writeFileSync(at('cut'), gzipSync('a text'));
    truncateSync(at('cut'), 15);
    await assert.rejects(readStreamed(at('cut'), undefined, readLate), {
      code: 'ERR_UNROLLED_FILE_READ',
      message: /cut cannot be decompressed: unexpected end of file/,
    });
  });

  it('tells one that reads late that it was aborted', async () => {
    writeFileSync(at('plain'), 'a text');
    const control = new AbortController();
    const reading = readStreamed(at('plain'), control.signal, (pieces) => {
      control.abort();
      return readLate(pieces);
    });
    await assert.rejects(reading, { code: 'ERR_UNROLLED_ABORTED' });
  });

  it('leaves a failure that nobody reads of alone', async () => {
    writeFileSync(at('cut'), gzipSync('a text').subarray(0, 15));
    const ends = async () => {
      await setTimeout(LATE);
      return 'read nothing';
    };
    assert.equal(await readStreamed(at('cut'), undefined, ends), 'read nothing');
  });
});
