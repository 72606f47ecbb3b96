/**
 * Tokens that are bytes of the text's UTF-8. As strings they are the ASCII character, or `<0xE4>` for a byte that is
 * not ASCII. A lone surrogate has no UTF-8 and becomes U+FFFD.
 */

import { TextDecoder } from 'node:util';
import { TokenList } from '../token-list';
import { type Detokenizer, type Encoder, SKIP, type TokenCounter, type Tokenizer } from './tokenizer';

const BYTES = 256;

/** A byte that never occurs in UTF-8, so it always decodes to U+FFFD. */
const INVALID_BYTE = 0xff;

function showByte(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

const TOKENS = Array.from({ length: BYTES }, (_, byte) =>
  byte < 0x80 ? String.fromCharCode(byte) : `<${showByte(byte)}>`,
);

const BYTE_OF = new Map(TOKENS.map((token, byte) => [token, byte]));

function tokenOf(byte: number): string {
  return TOKENS[byte] as string;
}

function byteOf(token: string): number {
  return BYTE_OF.get(token) as number;
}

function counter(): TokenCounter {
  const counts = new Float64Array(BYTES);
  return {
    add: (text) => {
      const bytes = Buffer.from(text);
      for (let i = 0; i < bytes.length; i++) counts[bytes[i] as number] = (counts[bytes[i] as number] as number) + 1;
    },
    *counts() {
      const found = [...counts.keys()].filter((byte) => (counts[byte] as number) > 0);
      return { tokens: new TokenList(found.map(tokenOf)), counts: found.map((byte) => counts[byte] as number) };
    },
  };
}

// There are so few tokens that no turn of the event loop is due.
function* encoder(tokens: TokenList): Generator<void, Encoder> {
  const idOf = new Int32Array(BYTES).fill(SKIP);
  for (const [id, token] of tokens.strings.entries()) idOf[byteOf(token)] = id;

  return (text, onUnknown) => {
    const bytes = Buffer.from(text);
    const ids = new Int32Array(bytes.length);
    let length = 0;
    for (let position = 0; position < bytes.length; position++) {
      const byte = bytes[position] as number;
      let id = idOf[byte] as number;
      if (id === SKIP) id = onUnknown(tokenOf(byte), position);
      if (id !== SKIP) ids[length++] = id;
    }
    return length === ids.length ? ids : ids.slice(0, length);
  };
}

function detokenizer(tokens: readonly string[]): Detokenizer {
  const bytes = Uint8Array.from([...tokens.map(byteOf), INVALID_BYTE]);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (ids) =>
      decoder.decode(
        Uint8Array.from(ids, (id) => bytes[id] as number),
        { stream: true },
      ),
    end: () => decoder.decode(),
  };
}

export const byteTokenizer: Tokenizer = {
  noun: 'byte',
  unknownText: '\ufffd',
  byFrequency: false,
  isToken: (token) => BYTE_OF.has(token),
  show: (token) => showByte(byteOf(token)),
  counter,
  stableLength: (text) => text.length,
  encoder,
  detokenizer,
};
