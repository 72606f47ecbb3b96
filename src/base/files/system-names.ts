/**
 * Names of files that are not UTF-8, as file systems of Unix may have them. Such a byte is kept in a string as a lone
 * surrogate, U+DC00 plus the byte, which no valid name has: paths are joined as ever, and no two names become one.
 */

import { isUtf8 } from 'node:buffer';
import { firstInvalidUtf8 } from '../utf8';

const BYTE = /[\udc80-\udcff](?<![\ud800-\udbff].)/g;
const FIRST_SURROGATE = 0xdc00;

/** The name that a folder has for an entry, of whatever bytes. */
export function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const parts: string[] = [];
  let rest = bytes;
  for (let at = firstInvalidUtf8(rest); at !== -1; at = firstInvalidUtf8(rest)) {
    parts.push(rest.toString('utf8', 0, at), String.fromCharCode(FIRST_SURROGATE + (rest[at] as number)));
    rest = rest.subarray(at + 1);
  }
  return parts.join('') + rest.toString();
}

/** The path as the system is asked for it: the bytes, where a string cannot have them. */
export function systemPath(path: string): string | Buffer {
  const parts: Buffer[] = [];
  let end = 0;
  for (const { 0: byte, index } of path.matchAll(BYTE)) {
    parts.push(Buffer.from(path.slice(end, index)), Buffer.of(byte.charCodeAt(0) - FIRST_SURROGATE));
    end = index + 1;
  }
  return parts.length === 0 ? path : Buffer.concat([...parts, Buffer.from(path.slice(end))]);
}

/** The path for people and for records: bytes that are no UTF-8 as `\xe9`. */
export function shownPath(path: string): string {
  return path.replace(BYTE, (byte) => `\\x${(byte.charCodeAt(0) - FIRST_SURROGATE).toString(16)}`);
}
