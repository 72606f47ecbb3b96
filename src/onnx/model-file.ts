/** ONNX files: the model as one message, whose weights are written one after another and never held as bytes. */

import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { types } from 'node:util';
import { UnrolledError } from '../base/errors';
import { giveTurn } from '../base/event-loop';
import { writeFrom } from '../base/files/file-pieces';
import { replaceFile } from '../base/files/files';
import { version } from '../base/package';
import type { FloatArray } from '../native/native';
import { elementCount } from '../tensor/tensor-shape';
import type { Weight } from './graph';
import {
  FIELD_NUMBERS,
  type TensorProto,
  TensorProtoDataLocation,
  TensorProtoDataType,
  writeGraphProto,
  writeModelProto,
  writeTensorProto,
} from './messages';
import type { NetworkGraph } from './network-graph';
import { PbfWriter } from './protobuf';

const IR_VERSION = 8;
const OPSET = 17;

/** The wire type of what has a length before it. */
const LENGTH_DELIMITED = 2;

/** A message of protocol buffers has fewer bytes than 2 GiB; what is not weights has room enough in the rest. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;

/** Smaller weights stay in the model's file: runtimes look at some of them before they read others. */
const LEAST_EXTERNAL = 1024;

/** Where a weight begins in a file beside the model: pages of any system. */
const ALIGNMENT = 2 ** 12;

/** 64-bit floats that are converted at a time. */
const CONVERTED = 2 ** 16;

const ELEMENT = {
  float: { type: TensorProtoDataType.FLOAT, bytes: 4 },
  int64: { type: TensorProtoDataType.INT64, bytes: 8 },
} as const;

/** What a file says beside its graph. */
export type Metadata = Readonly<Record<string, string>>;

type Bytes = Uint8Array;

function bytesOf({ shape, type }: Weight): number {
  return elementCount(shape) * ELEMENT[type].bytes;
}

/** The bytes of a message. */
function encoded<Message>(write: (message: Message, writer: PbfWriter) => void, message: Message): Bytes {
  const writer = new PbfWriter();
  write(message, writer);
  return writer.finish();
}

/** What stands before a field of that many bytes. */
function fieldHead(number: number, length: number): Bytes {
  const writer = new PbfWriter();
  writer.writeVarint(number * 8 + LENGTH_DELIMITED);
  writer.writeVarint(length);
  return writer.finish();
}

/** A weight outside of the model's file. */
interface Place {
  readonly location: string;
  readonly offset: number;
}

/** A weight's message but for its elements, and what stands before those. */
function tensorHead(weight: Weight, place: Place | undefined): Bytes[] {
  const length = bytesOf(weight);
  const tensor: TensorProto = {
    name: weight.name,
    dims: [...weight.shape],
    data_type: ELEMENT[weight.type].type,
    ...(place && {
      data_location: TensorProtoDataLocation.EXTERNAL,
      external_data: Object.entries({ ...place, length }).map(([key, value]) => ({ key, value: String(value) })),
    }),
  };
  const head = encoded(writeTensorProto, tensor);
  return place === undefined ? [head, fieldHead(FIELD_NUMBERS.TensorProto.raw_data, length)] : [head];
}

const lengthOf = (parts: readonly Bytes[]) => parts.reduce((sum, { length }) => sum + length, 0);

/** The elements of a weight as arrays to write. @throws ERR_UNROLLED_MODEL_NOT_FINITE for what is infinite in 32 bits. */
function* elementsOf({ name, pieces }: Weight): Generator<ArrayBufferView> {
  for (const piece of pieces) {
    if (types.isFloat64Array(piece)) yield* narrowed(name, piece);
    else yield piece;
  }
}

function* narrowed(name: string, values: FloatArray): Generator<Float32Array> {
  for (let begin = 0; begin < values.length; begin += CONVERTED) {
    const narrow = Float32Array.from(values.subarray(begin, begin + CONVERTED));
    const place = narrow.findIndex((value) => !Number.isFinite(value));
    if (place !== -1) {
      const received = `${values[begin + place]} in ${name}`;
      throw new UnrolledError('ERR_UNROLLED_MODEL_NOT_FINITE', `${received} is no finite number in 32 bits`, {
        expected: 'weights that are finite in 32 bits, as ONNX files have them here',
        received,
      });
    }
    yield narrow;
  }
}

async function writeElements(file: FileHandle, weight: Weight): Promise<void> {
  for (const piece of elementsOf(weight)) {
    await writeFrom(file, piece);
    await giveTurn();
  }
}

/** Where the weights lie that go beside the model; undefined where all go in. */
function placesOf(weights: readonly Weight[], location: string, mostBytes: number): Map<Weight, Place> {
  const places = new Map<Weight, Place>();
  if (weights.reduce((sum, weight) => sum + bytesOf(weight), 0) <= mostBytes) return places;
  let offset = 0;
  for (const weight of weights.filter((one) => bytesOf(one) >= LEAST_EXTERNAL)) {
    places.set(weight, { location, offset });
    offset += Math.ceil(bytesOf(weight) / ALIGNMENT) * ALIGNMENT;
  }
  return places;
}

/**
 * Writes a model, whole or not at all; where its weights have more than `mostBytes`, they go into a file beside it, which
 * takes its place when the model's is whole too.
 * @throws ERR_UNROLLED_FILE_WRITE, ERR_UNROLLED_MODEL_NOT_FINITE.
 */
export async function writeOnnx(
  path: string,
  { graph, weights }: NetworkGraph,
  metadata: Metadata,
  mostBytes = MOST_BYTES,
): Promise<void> {
  const dataPath = `${path}.data`;
  const places = placesOf(weights, basename(dataPath), mostBytes);
  const model = encoded(writeModelProto, {
    ir_version: IR_VERSION,
    producer_name: 'unrolled',
    producer_version: version,
    opset_import: [{ domain: '', version: OPSET }],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  const nodes = encoded(writeGraphProto, graph);
  const { ModelProto, GraphProto } = FIELD_NUMBERS;
  const initializers = weights.map((weight) => {
    const heads = tensorHead(weight, places.get(weight));
    const inside = places.has(weight) ? 0 : bytesOf(weight);
    const head = fieldHead(GraphProto.initializer, lengthOf(heads) + inside);
    return { weight, parts: [head, ...heads], bytes: head.length + lengthOf(heads) + inside };
  });
  const graphBytes = nodes.length + initializers.reduce((sum, { bytes }) => sum + bytes, 0);
  await replaceFile(path, async (file) => {
    for (const part of [model, fieldHead(ModelProto.graph, graphBytes), nodes]) await writeFrom(file, part);
    for (const { weight, parts } of initializers) {
      for (const part of parts) await writeFrom(file, part);
      if (!places.has(weight)) await writeElements(file, weight);
    }
    if (places.size > 0) await replaceFile(dataPath, (data) => writeBeside(data, places));
  });
}

async function writeBeside(file: FileHandle, places: ReadonlyMap<Weight, Place>): Promise<void> {
  let end = 0;
  for (const [weight, { offset }] of places) {
    if (offset > end) await writeFrom(file, new Uint8Array(offset - end));
    await writeElements(file, weight);
    end = offset + bytesOf(weight);
  }
}
