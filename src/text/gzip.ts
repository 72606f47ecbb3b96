/** What compressed files are known by. */

/** Bytes that are looked at. */
export const GZIP_BYTES = 4;

/** Flags that no file may have. */
const RESERVED_FLAGS = 0xe0;

/**
 * Whether a file begins as gzip does: with its two bytes, its only method, and none of the flags that are reserved. The
 * two alone are a character of UTF-16, U+8B1F.
 */
export function isGzip(bytes: Uint8Array): boolean {
  const [first, second, method, flags = RESERVED_FLAGS] = bytes;
  return first === 0x1f && second === 0x8b && method === 8 && (flags & RESERVED_FLAGS) === 0;
}
