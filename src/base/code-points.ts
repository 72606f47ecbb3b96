/** Strings as sequences of Unicode code points. */

/** One more than the largest code point. */
export const CODE_POINT_LIMIT = 0x110000;

/** Orders two strings by their code points (JavaScript's own order is by UTF-16 unit). */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ) {
    const left = a.codePointAt(i) as number;
    const right = b.codePointAt(i) as number;
    if (left !== right) return left - right;
    i += left > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}

/** The code points of a string as people write them: `U+0065 U+0301`. */
export function showCodePoints(text: string): string {
  return Array.from(text, (character) => {
    const digits = (character.codePointAt(0) as number).toString(16).toUpperCase();
    return `U+${digits.padStart(4, '0')}`;
  }).join(' ');
}
