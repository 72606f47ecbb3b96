/** Escapes in a text that is typed in a shell, which has its own ways to write a line end, or none. */

const CHARACTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

const LAST_CODE_POINT = 0x10ffff;

/**
 * The text with `\n`, `\r`, `\t`, `\\`, `\uFFFF` and `\u{1FFFF}` replaced by their characters. Any other backslash
 * stays.
 */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:([nrt\\])|u([\da-f]{4})|u\{([\da-f]{1,6})\})/gi,
    (whole: string, letter?: string, short?: string, long?: string) => {
      if (letter !== undefined) return CHARACTERS[letter] ?? whole;
      const code = Number.parseInt((short ?? long) as string, 16);
      return code > LAST_CODE_POINT ? whole : String.fromCodePoint(code);
    },
  );
}
