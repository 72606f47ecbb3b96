/** Recognises compressed files. */

/** Bytes that are looked at. */
export const GZIP_BYTES = 4;

/** Flags that no file may have. */
const RESERVED_FLAGS = 0xe0;

/**
 * Whether a file begins like gzip: with its two bytes, its only method, and no reserved flag. The two bytes alone are
 * also a character of UTF-16, U+8B1F.
 */
export function isGzip(bytes: Uint8Array): boolean {
  const [first, second, method, flags = RESERVED_FLAGS] = bytes;
  return first === 0x1f && second === 0x8b && method === 8 && (flags & RESERVED_FLAGS) === 0;
}
