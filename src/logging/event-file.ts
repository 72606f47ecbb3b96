/**
 * Files that TensorBoard reads: events one after the other, each a protocol buffer in a TFRecord.
 *
 * The messages are `Event`, `Summary`, `HistogramProto` and `TensorProto` of TensorBoard's `compat/proto`. No maintained package
 * writes these files from Node.
 */

import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { writeError } from '../base/files/files';
import { systemPath } from '../base/files/system-names';

/** A point of a curve, a distribution, or a text. */
export type LoggedValue =
  | { tag: string; scalar: number }
  | { tag: string; histogram: Histogram }
  | { tag: string; text: string };

/** How often values fall between two limits. */
export interface Histogram {
  min: number;
  max: number;
  count: number;
  sum: number;
  sumOfSquares: number;
  /** Upper limit of each bucket. */
  limits: readonly number[];
  /** Values in each bucket. */
  counts: readonly number[];
}

/** Milliseconds after which what was added is in the file at the latest. */
const FLUSH_INTERVAL = 1000;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}

function field(number: number, wireType: number, value: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + wireType), value]);
}

function integer(number: number, value: number): Buffer {
  return field(number, VARINT, varint(value));
}

function bytes(number: number, value: Buffer): Buffer {
  return field(number, BYTES, Buffer.concat([varint(value.length), value]));
}

function string(number: number, value: string): Buffer {
  return bytes(number, Buffer.from(value, 'utf8'));
}

function message(number: number, ...fields: Buffer[]): Buffer {
  return bytes(number, Buffer.concat(fields));
}

function doubles(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) buffer.writeDoubleLE(value, 8 * index);
  return buffer;
}

function double(number: number, value: number): Buffer {
  return field(number, FIXED64, doubles([value]));
}

function float(number: number, value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return field(number, FIXED32, buffer);
}

function histogram({ min, max, count, sum, sumOfSquares, limits, counts }: Histogram): Buffer {
  const figures = [min, max, count, sum, sumOfSquares].map((value, index) => double(index + 1, value));
  return Buffer.concat([...figures, bytes(6, doubles(limits)), bytes(7, doubles(counts))]);
}

/** A `TensorProto` of one string. */
function textTensor(text: string): Buffer {
  const STRINGS = 7;
  const shape = message(2, message(2, integer(1, 1)));
  return Buffer.concat([integer(1, STRINGS), shape, string(8, text)]);
}

/** `Summary.Value`. */
function summaryValue(value: LoggedValue): Buffer {
  const tag = string(1, value.tag);
  if ('scalar' in value) return Buffer.concat([tag, float(2, value.scalar)]);
  if ('histogram' in value) return Buffer.concat([tag, bytes(5, histogram(value.histogram))]);
  const plugin = message(9, message(1, string(1, 'text')));
  return Buffer.concat([tag, plugin, bytes(8, textTensor(value.text))]);
}

/** CRC-32C of every byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** The checksum of a TFRecord: CRC-32C (Castagnoli), rotated by 15 bits, and a constant added. */
function maskedCrc(data: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of data) crc = (CRC_TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return buffer;
}

function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

function event(step: number, content: Buffer): Buffer {
  return record(Buffer.concat([double(1, Date.now() / 1000), integer(2, step), content]));
}

/** A file that does not exist yet: TensorBoard reads those of a folder by the order of their names. */
async function openNew(folder: string): Promise<{ file: string; handle: FileHandle }> {
  const seconds = Math.floor(Date.now() / 1000);
  await mkdir(systemPath(folder), { recursive: true });
  for (let number = 0; ; number++) {
    const file = path.join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${number}`);
    try {
      return { file, handle: await open(systemPath(file), 'wx') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** One file of events. What is added is written within a second, in order. */
export class EventFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #pending: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  private constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  /**
   * Begins a file in a folder, which is made if need be. TensorBoard drops what earlier files of the folder have from
   * `nextStep` on, so that a resumed training has one curve.
   * @throws ERR_UNROLLED_FILE_WRITE.
   */
  static async create(folder: string, nextStep: number): Promise<EventFile> {
    try {
      const { file, handle } = await openNew(folder);
      const events = new EventFile(file, handle);
      events.#push(event(0, string(3, 'brain.Event:2')));
      const STARTED = 1;
      events.#push(event(nextStep, message(7, integer(1, STARTED))));
      await events.flush();
      return events;
    } catch (error) {
      throw writeError(folder, error);
    }
  }

  /** Adds values of one step. */
  add(step: number, values: readonly LoggedValue[]): void {
    this.#push(event(step, message(5, ...values.map((value) => message(1, summaryValue(value))))));
  }

  /**
   * Waits until all that was added is in the file.
   * @throws ERR_UNROLLED_FILE_WRITE, also for what could not be written earlier.
   */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
    this.requireSound();
  }

  /** Throws ERR_UNROLLED_FILE_WRITE where something could not be written. */
  requireSound(): void {
    if (this.#failure !== undefined) throw writeError(this.path, this.#failure);
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  #push(bytesOfEvent: Buffer): void {
    this.#pending.push(bytesOfEvent);
    this.#timer ??= setTimeout(() => this.#write(), FLUSH_INTERVAL).unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = Buffer.concat(this.#pending);
    this.#pending = [];
    if (batch.length === 0) return;
    this.#writing = this.#writing.then(async () => {
      try {
        if (this.#failure === undefined) await this.#handle.appendFile(batch);
      } catch (error) {
        this.#failure = error as Error;
      }
    });
  }
}
