/**
 * The header of a safetensors file, written and checked.
 *
 * A file is the header's length (8 bytes, little-endian), the header (JSON, padded with spaces), and
 * the tensors' bytes one after the other. The header maps each tensor's name to its dtype, its shape
 * and where its bytes begin and end, counted from the header's end; `__metadata__` maps strings to strings.
 */

import { types } from 'node:util';
import { compareCodePoints } from '../base/code-points';
import { UnrolledError } from '../base/errors';
import { isUtf8InParts, type JsonReading, readJson } from '../base/json/json-reader';
import { sorted } from '../base/sorting';
import { elementCount, type Tensor } from '../tensor/tensor';
import { ELEMENT_TYPES, type ElementType, FILE_TYPES } from './element-types';
import type { Refusal } from './faults';

/** Bytes of the header's length. */
export const LENGTH_BYTES = 8;

/** The longest header that is read or written, as in the format's first implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const METADATA = '__metadata__';

/** The byte that a header begins with. */
const OBJECT = 0x7b;

/** Tensors that are looked at between two turns of the event loop. */
const PART = 1 << 8;

/** The element type and shape of a tensor, and its bytes, counted from the end of the header. */
export interface TensorEntry {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

export interface Header {
  /** In the order of their bytes. */
  entries: TensorEntry[];
  metadata: Map<string, string>;
}

/**
 * The header's length from the file's first 8 bytes.
 * @throws ERR_UNROLLED_MODEL_FORMAT if the file cannot hold so long a header.
 */
export function readHeaderLength(bytes: Uint8Array, fileLength: number, refuse: Refusal): number {
  if (fileLength < LENGTH_BYTES) throw refuse('noHeader');
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || length > fileLength - LENGTH_BYTES) throw refuse('headerLength', `${length} bytes`);
  return Number(length);
}

/** The members of the header in their order; a map, because a very large object would be slow. */
function* parseObject(bytes: Uint8Array, refuse: Refusal): Generator<void, Map<string, unknown>> {
  if (!(yield* isUtf8InParts(bytes))) throw refuse('headerEncoding');
  let reading: JsonReading;
  try {
    reading = yield* readJson(bytes, true);
  } catch {
    throw refuse('headerJson');
  }
  const { value, duplicate } = reading;
  if (!types.isMap(value) || bytes[0] !== OBJECT) throw refuse('headerObject');
  if (duplicate !== undefined) throw refuse('duplicateKey', duplicate);
  return value as Map<string, unknown>;
}

function parseMetadata(value: unknown, refuse: Refusal): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('metadata');
  const entries = Object.entries(value);
  for (const [key, text] of entries) {
    if (typeof text !== 'string') throw refuse('metadata', key);
  }
  return new Map(entries);
}

function isListOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function parseEntry(name: string, value: unknown, dataLength: number, refuse: Refusal): TensorEntry {
  if (typeof value !== 'object' || value === null) throw refuse('tensorEntry', name);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (dtype === undefined || shape === undefined || offsets === undefined) throw refuse('tensorEntry', name);

  const type = ELEMENT_TYPES.get(dtype);
  if (type === undefined) throw refuse('dtype', name);
  if (!isListOfSizes(shape)) throw refuse('shape', name);
  const bytes = shape.reduce((product, size) => product * size, type.bytes);
  if (!Number.isSafeInteger(bytes)) throw refuse('shape', name);
  if (!isListOfSizes(offsets) || offsets.length !== 2) throw refuse('offsets', name);
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw refuse('offsets', name);
  if (end > dataLength) throw refuse('beyondEnd', name);
  if (end - begin !== bytes) throw refuse('byteCount', name);
  return { name, type, shape, begin, end };
}

/** Checks that the tensors fill the data, each byte once. */
function* checkLayout(entries: readonly TensorEntry[], dataLength: number, refuse: Refusal): Generator<void, void> {
  let covered = 0;
  for (const [index, { name, begin, end }] of entries.entries()) {
    if (begin < covered) throw refuse('overlap', name);
    if (begin > covered) throw refuse('hole', name);
    covered = end;
    if (index % PART === 0) yield;
  }
  if (covered < dataLength) throw refuse('trailing');
}

/**
 * A header from its bytes, checked against the number of bytes that follow it; a little at a time, since it may be long.
 * @throws ERR_UNROLLED_MODEL_FORMAT with the fault's line of `faults.ts`.
 */
export function* parseHeader(bytes: Uint8Array, dataLength: number, refuse: Refusal): Generator<void, Header> {
  const entries: TensorEntry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of yield* parseObject(bytes, refuse)) {
    if (name === METADATA) metadata = parseMetadata(value, refuse);
    else entries.push(parseEntry(name, value, dataLength, refuse));
    if (entries.length % PART === 0) yield;
  }
  const inOrder = yield* sorted(entries, (a, b) => a.begin - b.begin || a.end - b.end);
  yield* checkLayout(inOrder, dataLength, refuse);
  return { entries: inOrder, metadata };
}

/** A JSON object of members that are JSON, in the order given; an object would move numbers to the front. */
function jsonObject(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

function badOption(option: string, fault: string, expected: string): UnrolledError {
  return new UnrolledError('ERR_UNROLLED_OPTION_RANGE', fault, { option, expected });
}

/**
 * The length and the header of a file with these tensors, their bytes in this order, and this metadata.
 * @throws ERR_UNROLLED_SHAPE if data and shape differ, ERR_UNROLLED_OPTION_RANGE for a reserved
 *   name or a header that would be too long to be read again.
 */
export function encodeHeader(
  tensors: readonly (readonly [name: string, tensor: Tensor])[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const members: [name: string, json: string][] = [];
  if (metadata.size > 0) {
    const sorted = [...metadata].sort(([a], [b]) => compareCodePoints(a, b));
    members.push([METADATA, jsonObject(sorted.map(([key, text]) => [key, JSON.stringify(text)]))]);
  }
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === METADATA) throw badOption('tensors', `No tensor can be named ${METADATA}`, 'another name');
    if (elementCount(shape) !== data.length) {
      throw new UnrolledError(
        'ERR_UNROLLED_SHAPE',
        `Tensor ${JSON.stringify(name)} has ${data.length} elements, but its shape needs ${elementCount(shape)}`,
        { option: 'tensors', expected: `${elementCount(shape)} elements`, received: `${data.length} elements` },
      );
    }
    const end = begin + data.byteLength;
    members.push([name, JSON.stringify({ dtype: FILE_TYPES[dtype], shape, data_offsets: [begin, end] })]);
    begin = end;
  }

  const json = Buffer.from(jsonObject(members));
  const length = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw badOption('metadata', `The header would take ${length} bytes`, `at most ${MAX_HEADER_BYTES} bytes of header`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}
