/** Long texts in parts, between which the event loop can have a turn. */

/** UTF-16 units of a part. Words take the longest to cut: a part has some milliseconds of them. */
export const PART_UNITS = 1 << 12;

/** A part of a text with this many UTF-16 units, which does not end in half a surrogate pair. */
function partOf(text: string, start: number, length: number): string {
  const end = start + length;
  return text.slice(start, (text.codePointAt(end - 1) ?? 0) > 0xffff ? end + 1 : end);
}

/**
 * Splits a text into parts whose tokens together are those of the whole text.
 * @param stableLength `Tokenizer.stableLength`.
 */
export function* tokenParts(text: string, stableLength: (text: string) => number): Generator<string, void> {
  let held = '';
  for (let start = 0; start < text.length; ) {
    const part = partOf(text, start, PART_UNITS);
    start += part.length;
    held += part;
    const length = start < text.length ? stableLength(held) : held.length;
    yield held.slice(0, length);
    held = held.slice(length);
  }
}

/**
 * Parts that begin, after the first, where the text may be cut: the first such place after a part's usual length. A text
 * without such places is one part.
 * @param canCut whether a part may begin at that unit of the text.
 */
export function* partsCutAt(text: string, canCut: (text: string, at: number) => boolean): Generator<string, void> {
  for (let start = 0; start < text.length; ) {
    let end = start + PART_UNITS;
    while (end < text.length && !canCut(text, end)) end++;
    yield text.slice(start, end);
    start = end;
  }
}

/** The lines of a text without their ends: what `text.split(lineEnd)` gives. */
export function* linesOf(text: string, lineEnd: RegExp): Generator<string, void> {
  let start = 0;
  for (const { 0: end, index } of text.matchAll(new RegExp(lineEnd, 'g'))) {
    yield text.slice(start, index);
    start = index + end.length;
  }
  yield text.slice(start);
}

/** How many line feeds a text has. */
export function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
