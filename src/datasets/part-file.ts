/**
 * What has come of a download so far, beside the place of the whole: `<path>.part` has the bytes, `<path>.part.json`
 * says which version of which address they are of. Nobody truncates a part and everyone writes a byte to its own
 * place, so two processes that download the same file write the same bytes to the same places.
 */

import { constants, type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { readError, replaceFile, writeError, writeWhole } from '../files';

/** What identifies the version of a file to its server. */
interface Origin {
  url: string;
  /** A strong ETag, or the time of the last change, as `If-Range` takes it. */
  validator: string;
}

export class PartFile {
  readonly path: string;
  readonly #target: string;

  /** @param target where the whole file will be. */
  constructor(target: string) {
    this.#target = target;
    this.path = `${target}.part`;
  }

  /** The bytes there are, and what to ask the server to go on from them; undefined where there is nothing to go on from. */
  async progress(url: string): Promise<{ length: number; validator: string } | undefined> {
    try {
      const origin = JSON.parse(await readFile(`${this.path}.json`, 'utf8')) as Partial<Origin> | null;
      const file = await open(this.path, 'r');
      try {
        const { size: length } = await file.stat();
        const { validator } = origin ?? {};
        const isOurs = origin?.url === url && typeof validator === 'string' && length > 0;
        return isOurs ? { length, validator } : undefined;
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  /**
   * Remembers which version the bytes are of; without a validator, a later run cannot go on from them.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  async describe(origin: { url: string; validator: string | undefined }): Promise<void> {
    if (origin.validator === undefined) await rm(`${this.path}.json`, { force: true });
    else await writeWhole(`${this.path}.json`, Buffer.from(JSON.stringify(origin)));
  }

  /** @throws ERR_UNROLLED_FILE_WRITE. */
  async open(): Promise<FileHandle> {
    try {
      return await open(this.path, constants.O_RDWR | constants.O_CREAT);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /**
   * Copies the first `length` bytes to the target, which appears whole or not at all; `check` sees every byte first.
   * @throws ERR_UNROLLED_FILE_READ, ERR_UNROLLED_FILE_WRITE; what `check` throws at the end passes through.
   */
  async finish(length: number, check: { update: (bytes: Uint8Array) => void; done: () => void }): Promise<void> {
    const source = await open(this.path, 'r').catch((cause) => {
      throw readError(this.path, cause);
    });
    try {
      await replaceFile(this.#target, async (file) => {
        const buffer = Buffer.allocUnsafe(1 << 18);
        for (let position = 0; position < length; ) {
          const wanted = Math.min(buffer.length, length - position);
          const { bytesRead } = await source.read(buffer, 0, wanted, position);
          if (bytesRead === 0) break;
          check.update(buffer.subarray(0, bytesRead));
          await file.writeFile(buffer.subarray(0, bytesRead));
          position += bytesRead;
        }
        check.done();
      });
    } finally {
      await source.close();
    }
  }

  /** Removes the part, or where a run that fails has got no byte, what describes it. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(`${this.path}.json`, { force: true });
  }

  /** Removes a part without bytes. */
  async removeIfEmpty(): Promise<void> {
    const file = await open(this.path, 'r').catch(() => undefined);
    const size = await file?.stat().then((stats) => stats.size);
    await file?.close();
    if (size === 0) await this.remove();
  }
}
