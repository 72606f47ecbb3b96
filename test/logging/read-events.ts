/** Files of events read as the format describes them, every checksum checked; a record that is cut off ends the file. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ReadEvent {
  step: number;
  /** Tags with their scalars; other values have none. */
  values: [tag: string, scalar: number | undefined][];
  isStart: boolean;
}

/** CRC-32C, a bit at a time, masked. */
function maskedCrc(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The fields of a message, in their order: a number, or bytes. */
function fieldsOf(data: Buffer): [number: number, value: number | Buffer][] {
  let at = 0;
  const varint = () => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = data[at++] as number;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  const next = (length: number) => {
    at += length;
    return data.subarray(at - length, at);
  };
  const read = [
    varint,
    () => next(8).readDoubleLE(),
    () => next(varint()),
    undefined,
    undefined,
    () => next(4).readFloatLE(),
  ];
  const fields: [number, number | Buffer][] = [];
  while (at < data.length) {
    const key = varint();
    const value = read[key % 8]?.();
    assert.ok(value !== undefined, `wire type ${key % 8}`);
    fields.push([Math.floor(key / 8), value]);
  }
  assert.equal(at, data.length);
  return fields;
}

function readEvent(data: Buffer): ReadEvent {
  const fields = new Map(fieldsOf(data));
  const summary = fields.get(5) as Buffer | undefined;
  const values = fieldsOf(summary ?? Buffer.alloc(0)).map(([, value]): [string, number | undefined] => {
    const parts = new Map(fieldsOf(value as Buffer));
    return [String(parts.get(1)), parts.get(2) as number | undefined];
  });
  return { step: fields.get(2) as number, values, isStart: fields.has(7) };
}

/** The events of a file's bytes. */
export function eventsIn(bytes: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    if (at + 16 + length > bytes.length) break;
    assert.equal(bytes.readUInt32LE(at + 8), maskedCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 12 + length), maskedCrc(data));
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

/** The events of each file of a folder, in the order of the files' names. */
export function eventsOf(folder: string): ReadEvent[][] {
  return readdirSync(folder)
    .sort()
    .map((name) => eventsIn(readFileSync(path.join(folder, name))));
}

/** One curve as TensorBoard draws it: a file's beginning drops what earlier ones have from its step on. */
export function curve(folder: string, tag: string): [step: number, value: number][] {
  let points: [number, number][] = [];
  for (const { step, values, isStart } of eventsOf(folder).flat()) {
    if (isStart) points = points.filter(([earlier]) => earlier < step);
    for (const [name, scalar] of values) if (name === tag && scalar !== undefined) points.push([step, scalar]);
  }
  return points;
}
