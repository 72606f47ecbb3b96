/** Finds the first byte that is not UTF-8. */

/** How many continuation bytes follow a first byte, and the bounds of the first of them; undefined for none. */
function sequence(first: number): [continuations: number, min: number, max: number] | undefined {
  if (first < 0x80) return [0, 0x80, 0xbf];
  if (first >= 0xc2 && first <= 0xdf) return [1, 0x80, 0xbf];
  if (first === 0xe0) return [2, 0xa0, 0xbf]; // shorter ones are overlong
  if (first === 0xed) return [2, 0x80, 0x9f]; // beyond are surrogates
  if (first >= 0xe1 && first <= 0xef) return [2, 0x80, 0xbf];
  if (first === 0xf0) return [3, 0x90, 0xbf];
  if (first >= 0xf1 && first <= 0xf3) return [3, 0x80, 0xbf];
  if (first === 0xf4) return [3, 0x80, 0x8f]; // beyond is above U+10FFFF
  return undefined;
}

/** Whether the continuation bytes of the sequence that starts at `offset` are there and in bounds. */
function isComplete(bytes: Uint8Array, offset: number, continuations: number, min: number, max: number): boolean {
  if (offset + continuations >= bytes.length) return false;
  for (let i = 1; i <= continuations; i++) {
    const byte = bytes[offset + i] as number;
    if (i === 1 ? byte < min || byte > max : byte < 0x80 || byte > 0xbf) return false;
  }
  return true;
}

/** The offset of the first sequence that is not UTF-8 (Unicode, table 3-7), or -1. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let offset = 0; offset < bytes.length; ) {
    const found = sequence(bytes[offset] as number);
    if (found === undefined) return offset;
    const [continuations, min, max] = found;
    if (!isComplete(bytes, offset, continuations, min, max)) return offset;
    offset += 1 + continuations;
  }
  return -1;
}
