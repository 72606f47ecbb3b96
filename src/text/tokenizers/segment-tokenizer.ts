/**
 * Tokens that `Intl.Segmenter` cuts: graphemes, and words. Every segment is a token (words, spaces,
 * punctuation), so the tokens of a text joined are the text.
 */

import { compareCodePoints, showCodePoints } from '../../base/code-points';
import { sorted } from '../../base/sorting';
import { TokenList } from '../token-list';
import { concatenation, type Encoder, SKIP, type TokenCounter, type Tokenizer } from './tokenizer';

/** The segmenter takes time with the length of its string for each segment: it is given pieces. */
const LONGEST_PIECE = 1024;

/** Tokens that are looked at between two turns of the event loop. */
const PART = 1 << 10;

/** The rules do not depend on this locale. Without one they would be those of the machine's locale. */
const LOCALE = 'en';

/** Between these two characters there is always a boundary, of words and of graphemes. */
const BREAK_AFTER = /[ 、。，！？]/;
const BREAK_BEFORE = /[A-Za-z\u4e00-\u9fff]/;

/** Characters that never join a neighbour of the same set into one grapheme. */
const PLAIN_LINE = /^[\n\x20-\x7e\u3001\u3002\u4e00-\u9fff\uff01-\uff5e]*$/;

/**
 * Where to split a text that has no line end in its longest piece and continues after it: at the last safe boundary up
 * to the end of the longest piece, else before its last character. Text after the unit that follows the longest piece
 * makes no difference, so a part of a text is split like the whole text: a part that ends at a split of the whole may
 * only lack splits at safe boundaries, where the boundary exists anyway.
 */
function lastBoundary(text: string, start: number): number {
  for (let i = start + LONGEST_PIECE; i > start; i--) {
    if (BREAK_AFTER.test(text.charAt(i - 1)) && BREAK_BEFORE.test(text.charAt(i))) return i;
  }
  const last = start + LONGEST_PIECE - 1;
  return (text.codePointAt(last - 1) as number) > 0xffff ? last - 1 : last;
}

/**
 * A text cut into lines with their ends, and longer lines at boundaries of words. Only in a run of
 * more than `LONGEST_PIECE` units without any such boundary may the cut differ from the whole text's.
 */
function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const ahead = text.slice(start, start + LONGEST_PIECE);
    const lineEnd = ahead.indexOf('\n') + 1;
    const isLast = start + ahead.length === text.length;
    const end = lineEnd > 0 ? start + lineEnd : isLast ? text.length : lastBoundary(text, start);
    yield text.slice(start, end);
    start = end;
  }
}

/** The ends of pieces that an unfinished text can no longer change. */
function stableLength(text: string): number {
  let end = text.lastIndexOf('\n') + 1;
  // Behind the last line end, a piece is cut only where more than its longest is there to look at.
  while (text.length - end > LONGEST_PIECE) end = lastBoundary(text, end);
  return end;
}

/** Calls `visit` with each token of the text in order. */
type Segmentation = (text: string, visit: (token: string) => void) => void;

/** A segmenter that is created at its first use, because its rules take milliseconds to load. */
function segmenterOf(granularity: 'grapheme' | 'word'): () => Intl.Segmenter {
  let made: Intl.Segmenter | undefined;
  return () => {
    made ??= new Intl.Segmenter(LOCALE, { granularity });
    return made;
  };
}

const segmenters = { grapheme: segmenterOf('grapheme'), word: segmenterOf('word') };

function segmentation(granularity: 'grapheme' | 'word'): Segmentation {
  return (text, visit) => {
    for (const piece of pieces(text)) {
      if (granularity === 'grapheme' && PLAIN_LINE.test(piece)) {
        for (let i = 0; i < piece.length; i++) visit(piece.charAt(i));
      } else {
        for (const { segment } of segmenters[granularity]().segment(piece)) visit(segment);
      }
    }
  };
}

/** The same string in new memory: a part of a long string would keep the whole string alive. */
function ownCopy(token: string): string {
  return Buffer.from(token, 'utf16le').toString('utf16le');
}

function counter(segments: Segmentation): TokenCounter {
  const counts = new Map<string, number>();
  return {
    add: (text) =>
      segments(text, (token) => {
        const before = counts.get(token);
        if (before === undefined) counts.set(ownCopy(token), 1);
        else counts.set(token, before + 1);
      }),
    *counts() {
      const found: [token: string, count: number][] = [];
      for (const entry of counts) {
        found.push(entry);
        if (found.length % PART === 0) yield;
      }
      const inOrder = yield* sorted(found, ([a], [b]) => compareCodePoints(a, b));
      return { tokens: new TokenList(inOrder.map(([token]) => token)), counts: inOrder.map(([, count]) => count) };
    },
  };
}

function* encoder(segments: Segmentation, tokens: TokenList): Generator<void, Encoder> {
  const idOf = new Map<string, number>();
  for (const token of tokens.strings) {
    idOf.set(token, idOf.size);
    if (idOf.size % PART === 0) yield;
  }
  return (text, onUnknown) => {
    const ids = new Int32Array(text.length);
    let length = 0;
    let position = 0;
    segments(text, (token) => {
      const id = idOf.get(token) ?? onUnknown(token, position);
      if (id !== SKIP) ids[length++] = id;
      position++;
    });
    return length === ids.length ? ids : ids.slice(0, length);
  };
}

function segmentTokenizer(
  granularity: 'grapheme' | 'word',
  traits: Pick<Tokenizer, 'noun' | 'unknownText' | 'byFrequency' | 'show'>,
): Tokenizer {
  const segments = segmentation(granularity);
  return {
    ...traits,
    isToken: (token) => token !== '',
    counter: () => counter(segments),
    stableLength,
    encoder: (tokens) => encoder(segments, tokens),
    detokenizer: (tokens) => concatenation(tokens, traits.unknownText),
  };
}

export const graphemeTokenizer = segmentTokenizer('grapheme', {
  noun: 'grapheme',
  unknownText: '\ufffd',
  byFrequency: false,
  show: (token) => `${JSON.stringify(token)} (${showCodePoints(token)})`,
});

export const wordTokenizer = segmentTokenizer('word', {
  noun: 'word',
  unknownText: '<unk>',
  byFrequency: true,
  show: (token) => JSON.stringify(token),
});

/** Calls `visit` with each word, space and punctuation of a text in order, a little at a time. */
export function* wordSegments(
  text: string,
  visit: (segment: string, isWordLike: boolean) => void,
): Generator<void, void> {
  for (const piece of pieces(text)) {
    for (const { segment, isWordLike } of segmenters.word().segment(piece)) visit(segment, isWordLike === true);
    yield;
  }
}
