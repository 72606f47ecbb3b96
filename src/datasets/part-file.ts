/**
 * The received part of a download, next to the place of the whole file: `<path>.part` has the bytes, and
 * `<path>.part.json` the address and version that they belong to.
 *
 * Two processes may download the same file at once. Neither truncates a part, and each byte is written at its own
 * position, so both write the same. A useless part is removed; a process that still has it open continues to use it.
 */

import { constants, type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { replaceFile, writeError, writeWhole } from '../base/files/files';

/** Identifies the version of a file for its server. */
interface Origin {
  url: string;
  /** A strong ETag, or the time of the last change, as `If-Range` takes it. */
  validator: string;
}

/** The longest validator that is sent to a server: headers have a limit. */
const LONGEST_VALIDATOR = 1024;

/** Whether a header of a request may contain it; the file it comes from may be damaged. */
function isValidator(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= LONGEST_VALIDATOR &&
    /^[\x21-\x7e]([\x20-\x7e\x80-\xff]*[\x21-\x7e])?$/.test(value)
  );
}

export class PartFile {
  readonly path: string;
  readonly #target: string;

  /** @param target where the whole file will be. */
  constructor(target: string) {
    this.#target = target;
    this.path = `${target}.part`;
  }

  async #origin(): Promise<Partial<Origin> | undefined> {
    try {
      return (JSON.parse(await readFile(`${this.path}.json`, 'utf8')) as Partial<Origin> | null) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The received bytes, and the version to request the rest of; undefined if there is nothing to continue from. A part
   * that cannot be continued is removed.
   * @param most the most bytes of the whole file.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  async progress(url: string, most: number): Promise<{ length: number; validator: string } | undefined> {
    const origin = await this.#origin();
    const length = await this.#length();
    if (origin === undefined || origin.url !== url || length === 0) return undefined;
    const { validator } = origin;
    if (isValidator(validator) && length <= most) return { length, validator };
    await this.remove();
    return undefined;
  }

  /** Bytes of the part; 0 if there is none. */
  async #length(): Promise<number> {
    const stats = await stat(this.path).catch(() => undefined);
    return stats?.isFile() ? stats.size : 0;
  }

  /**
   * Begins again with bytes of that version; without a validator, a later run cannot continue from them.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  async begin(origin: { url: string; validator: string | undefined }): Promise<void> {
    // A part of the same version that another process is writing can also be used.
    const before = await this.#origin();
    if (before !== undefined && before.validator !== origin.validator) await this.remove();
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
   * Copies the first `length` bytes of an open part to the target, which appears whole or not at all.
   * @param done called when `update` has seen every byte, before the target appears.
   * @throws ERR_UNROLLED_FILE_WRITE; a coded error of `done` passes through.
   */
  async finish(part: FileHandle, length: number, update: (bytes: Uint8Array) => void, done: () => void): Promise<void> {
    await replaceFile(this.#target, async (file) => {
      const buffer = Buffer.allocUnsafe(1 << 18);
      for (let position = 0; position < length; ) {
        const wanted = Math.min(buffer.length, length - position);
        const { bytesRead } = await part.read(buffer, 0, wanted, position);
        if (bytesRead === 0) break;
        update(buffer.subarray(0, bytesRead));
        await file.writeFile(buffer.subarray(0, bytesRead));
        position += bytesRead;
      }
      done();
    });
  }

  /** @throws ERR_UNROLLED_FILE_WRITE. */
  async remove(): Promise<void> {
    try {
      await rm(this.path, { force: true });
      await rm(`${this.path}.json`, { force: true });
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  /** Removes a part without bytes. */
  async removeIfEmpty(): Promise<void> {
    const stats = await stat(this.path).catch(() => undefined);
    if (stats === undefined || (stats.isFile() && stats.size === 0)) await this.remove();
  }
}
