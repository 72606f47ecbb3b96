/** Text that a terminal shows and does not obey: of model files, class names, file names and texts it may be anybody's. */

/** Control characters of C0 but tab and line feed, DEL, and those of C1. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

/** DEL and the controls of C1, which JSON leaves as they are. */
const UNESCAPED_BY_JSON = /[\x7f-\x9f]/g;

function hexadecimal(control: string, digits: number): string {
  return control.charCodeAt(0).toString(16).padStart(digits, '0');
}

/** The text with control characters as escapes that are seen, as `\x1b`; tabs and line feeds stay. */
export function visibleText(text: string): string {
  return text.replace(CONTROLS, (control) => `\\x${hexadecimal(control, 2)}`);
}

/** JSON in which no control character is left as it is; it means the same. */
export function visibleJson(value: object): string {
  return JSON.stringify(value).replace(UNESCAPED_BY_JSON, (control) => `\\u${hexadecimal(control, 4)}`);
}
