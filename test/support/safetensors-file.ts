/** Safetensors files as tests need them: well-formed or not. */

/** A file of this header (an object, or the JSON itself) and these data. */
export function safetensorsFile(header: object | string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([headerLength(json.length), json, data]);
}

/** The first eight bytes of a file. */
export function headerLength(length: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(length));
  return bytes;
}
