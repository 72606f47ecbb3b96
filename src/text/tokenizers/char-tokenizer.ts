/** Tokens that are Unicode code points. A lone surrogate is also a code point. */

import { CODE_POINT_LIMIT, showCodePoints } from '../../base/code-points';
import { TokenList } from '../token-list';
import { type CountedTokens, concatenation, type Encoder, SKIP, type TokenCounter, type Tokenizer } from './tokenizer';

const UNKNOWN_TEXT = '\ufffd';

function isCodePoint(token: string): boolean {
  return token !== '' && String.fromCodePoint(token.codePointAt(0) as number) === token;
}

function counter(): TokenCounter {
  const counts = new Float64Array(CODE_POINT_LIMIT);
  return {
    add: (text) => {
      for (let i = 0; i < text.length; i++) {
        const codePoint = text.codePointAt(i) as number;
        if (codePoint > 0xffff) i++;
        counts[codePoint] = (counts[codePoint] as number) + 1;
      }
    },
    counts: () => countedTokens(counts),
  };
}

/** Code points that are looked at between two turns of the event loop. */
const PART = 1 << 14;

function* countedTokens(occurrences: Float64Array): Generator<void, CountedTokens> {
  const codePoints: number[] = [];
  const counts: number[] = [];
  for (let codePoint = 0; codePoint < CODE_POINT_LIMIT; codePoint++) {
    const count = occurrences[codePoint] as number;
    if (count > 0) {
      codePoints.push(codePoint);
      counts.push(count);
    }
    if (codePoint % PART === 0) yield;
  }
  return { tokens: new TokenList(Uint32Array.from(codePoints)), counts };
}

function* encoder(tokens: TokenList): Generator<void, Encoder> {
  const codePoints = tokens.codePoints ?? tokens.strings.map((token) => token.codePointAt(0) as number);
  let limit = 0;
  for (const codePoint of codePoints) limit = Math.max(limit, codePoint + 1);
  const idOf = new Int32Array(limit).fill(SKIP);
  for (const [id, codePoint] of codePoints.entries()) {
    idOf[codePoint] = id;
    if (id % PART === 0) yield;
  }

  return (text, onUnknown) => {
    const ids = new Int32Array(text.length);
    let length = 0;
    let position = 0;
    for (let i = 0; i < text.length; i++, position++) {
      const codePoint = text.codePointAt(i) as number;
      if (codePoint > 0xffff) i++;
      let id = idOf[codePoint] ?? SKIP;
      if (id === SKIP) id = onUnknown(String.fromCodePoint(codePoint), position);
      if (id !== SKIP) ids[length++] = id;
    }
    return length === ids.length ? ids : ids.slice(0, length);
  };
}

export const charTokenizer: Tokenizer = {
  noun: 'character',
  unknownText: UNKNOWN_TEXT,
  byFrequency: false,
  isToken: isCodePoint,
  show: (token) => `${JSON.stringify(token)} (${showCodePoints(token)})`,
  counter,
  stableLength: (text) => text.length,
  encoder,
  detokenizer: (tokens) => concatenation(tokens, UNKNOWN_TEXT),
};
