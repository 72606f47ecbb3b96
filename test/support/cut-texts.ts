/** Texts whose delicate places lie about where texts are cut into pieces, and a check of how they are cut. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tokenParts } from '../../src/text/text-parts';
import type { Tokenizer } from '../../src/text/tokenizers/tokenizer';
import { TOKENIZERS } from '../../src/text/vocabulary-options';

/** Units that are cut at once. */
const PIECE = 1024;

/** What the rules of words and graphemes treat in their own way. */
const UNITS = [
  ...['x', ' ', '漢', '、', '，', '!', '\n', '\r\n', '\t', '7', '.', "'", 'é', 'e\u0301', '\u0301', '\u200d', '\u3000'],
  ...['𠮷', '👨\u200d👩', '🇫🇷', '🇫', '한', 'ไ', 'ก็', 'か', 'ア', 'ー', '_', '\u00a0', '\ufeff', '\ud83d', 'ש', '"'],
];

/** Units between which there is a sure boundary, so that a text can be cut there. */
const SURE = [' ', 'x'];

/** Lengths about those of a piece, and small ones that come between them. */
const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: PIECE - 2, max: PIECE + 1 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 * PIECE }) },
);

/** One unit again and again, so many UTF-16 units long. */
function runOf(unit: string, length: number): string {
  const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  // A pair is not cut.
  return /[\ud800-\udbff]$/.test(text) && unit !== '\ud83d' ? text.slice(0, -1) : text;
}

/** Runs of a few units, some of them sure boundaries, which come again: some texts go wrong only when they go on so. */
export const cutText = fc
  .record({ few: fc.array(fc.constantFrom(...UNITS), { maxLength: 2 }), times: fc.integer({ min: 1, max: 2 }) })
  .chain(({ few, times }) => {
    const unit = fc.constantFrom(...SURE, ...SURE, ...few);
    const runs = fc.array(fc.tuple(unit, length), { minLength: 2, maxLength: 5 });
    return runs.map((found) =>
      found
        .map(([unit, length]) => runOf(unit, length))
        .join('')
        .repeat(times),
    );
  });

/** Where the text is cut before it comes. */
export const cutPlaces = fc.array(length, { minLength: 1, maxLength: 6 });

function tokensOf(tokenizer: Tokenizer, texts: Iterable<string>): string[] {
  const tokens: string[] = [];
  const encoder = tokenizer.encoder({ strings: [], codePoints: undefined } as never);
  for (let step = encoder.next(); ; step = encoder.next()) {
    if (!step.done) continue;
    for (const text of texts) step.value(text, (token) => tokens.push(token));
    return tokens;
  }
}

/** The parts of a text that comes in pieces of those lengths in turn, as a file's reading makes them. */
function* streamed(
  text: string,
  lengths: readonly number[],
  stableLength: (text: string) => number,
): Generator<string> {
  let held = '';
  for (let start = 0, turn = 0; start < text.length; turn++) {
    let end = start + (lengths[turn % lengths.length] as number);
    if ((text.codePointAt(end - 1) ?? 0) > 0xffff) end++;
    held += text.slice(start, end);
    start = end;
    const isEnd = start >= text.length;
    const length = isEnd ? held.length : stableLength(held);
    yield held.slice(0, length);
    held = held.slice(length);
    assert.ok(held.length <= PIECE || held.length <= (lengths[turn % lengths.length] as number) + PIECE);
  }
}

/** Checks that a text has the same tokens as a whole, in parts, and in any pieces. */
export function checkCut(text: string, lengths: readonly number[]): void {
  for (const [kind, tokenizer] of Object.entries(TOKENIZERS)) {
    const stableLength = (held: string) => tokenizer.stableLength(held);
    const whole = tokensOf(tokenizer, [text]);
    if (kind !== 'byte') assert.equal(whole.join(''), text);
    assert.deepEqual(tokensOf(tokenizer, tokenParts(text, stableLength)), whole, `${kind} in parts`);
    assert.deepEqual(tokensOf(tokenizer, streamed(text, lengths, stableLength)), whole, `${kind} in pieces`);
    // Pieces in parts again, as a reading that gives turns cuts them.
    const twice = [...streamed(text, lengths, stableLength)].flatMap((part) => [...tokenParts(part, stableLength)]);
    assert.deepEqual(tokensOf(tokenizer, twice), whole, `${kind} in parts of pieces`);
  }
}
