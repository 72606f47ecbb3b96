/** Text that a terminal shows and does not obey: of model files, class names, file names and texts it may be anybody's. */

/** C0 control characters except tab and line feed, DEL, and C1 control characters. */
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

/** Characters that may be written from right to left, and control characters of direction. */
const MAY_RUN_LEFTWARD =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A name with its own text direction, isolated: a terminal that orders right-to-left text then leaves the following
 * text in its place. Isolates take no column. A name without such characters stays unchanged.
 */
export function isolatedName(name: string): string {
  return MAY_RUN_LEFTWARD.test(name) ? `\u2068${name.replace(DIRECTION_CONTROLS, '')}\u2069` : name;
}

/** The same where a stream is a terminal; a file or a pipe gets the name alone. */
export function nameShower({ isTTY }: Pick<NodeJS.WriteStream, 'isTTY'>): (name: string) => string {
  return isTTY ? isolatedName : (name) => name;
}
