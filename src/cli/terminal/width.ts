/** How wide texts are on a terminal, and how they are made to fit. */

/** Characters that a terminal shows twice as wide as others. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303f\uff00-\uff60\p{Emoji_Presentation}]/gu;

/** Characters that a terminal shows on the one before them, or not at all: accents, vowel signs, joiners. */
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/gu;

/** Columns if there is no terminal, or if it does not tell its width. */
const USUAL_WIDTH = 80;

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  const composed = text.normalize().replace(WITHOUT_WIDTH, '');
  return Array.from(composed).length + (composed.match(WIDE)?.length ?? 0);
}

/** Columns of the terminal of a stream; the usual number if it is not a terminal. */
export function columnsOf({ columns }: Pick<NodeJS.WriteStream, 'columns'>): number {
  return columns > 0 ? columns : USUAL_WIDTH;
}

/** The text, or the beginning that fits into this many columns, with a mark that there is more. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = '';
  let width = 1;
  for (const character of text.normalize()) {
    width += widthOf(character);
    if (width > columns) break;
    cut += character;
  }
  return columns > 0 ? `${cut}…` : '';
}

/** A sentence wrapped to this many columns, if its words allow it. */
export function wrapped(sentence: string, columns: number): string {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
