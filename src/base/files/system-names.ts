/**
 * Names of files that are not UTF-8, as file systems of Unix may have them. Such a byte is kept in a string as a lone
 * surrogate, U+DC00 plus the byte, which no valid name has: paths are joined as ever, and no two names become one.
 */

import { isUtf8 } from 'node:buffer';
import { firstInvalidUtf8 } from '../utf8';

const BYTE = /[\udc80-\udcff](?<![\ud800-\udbff].)/g;
const FIRST_SURROGATE = 0xdc00;

/** The name of an entry in a folder, with any bytes. */
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

/** The path for system calls: as bytes if a string cannot hold it. */
export function systemPath(path: string): string | Buffer {
  const parts: Buffer[] = [];
  let end = 0;
  for (const { 0: byte, index } of path.matchAll(BYTE)) {
    parts.push(Buffer.from(path.slice(end, index)), Buffer.of(byte.charCodeAt(0) - FIRST_SURROGATE));
    end = index + 1;
  }
  return parts.length === 0 ? path : Buffer.concat([...parts, Buffer.from(path.slice(end))]);
}

/** The path for people and records: bytes that are not UTF-8 are written as `\xe9`. */
export function shownPath(path: string): string {
  return path.replace(BYTE, (byte) => `\\x${(byte.charCodeAt(0) - FIRST_SURROGATE).toString(16)}`);
}
