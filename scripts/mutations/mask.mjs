/**
 * A source with everything blanked out that no mutation may touch: comments, the text of strings, regular expressions,
 * imports, declarations of types, the preprocessor's lines. The masked text has the length and the lines of the source.
 */

/** Stands for a character of a string: it is neither a space nor part of an operator. */
const OF_STRING = '_';

/** After these words a slash begins a regular expression; after any other word or a closing bracket it divides. */
const BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|await|yield|void|delete|throw|new|else)\s*$/;

class Mask {
  constructor(text) {
    this.text = text;
    this.out = text.split('');
    this.at = 0;
  }

  /** Blanks from here to `end`; line breaks stay. */
  blankTo(end, filler) {
    for (; this.at < end && this.at < this.out.length; this.at++) {
      if (this.out[this.at] !== '\n') this.out[this.at] = filler;
    }
  }

  /** Blanks a comment that begins here. */
  comment() {
    if (this.text.startsWith('//', this.at)) {
      const end = this.text.indexOf('\n', this.at);
      this.blankTo(end === -1 ? this.text.length : end, ' ');
    } else if (this.text.startsWith('/*', this.at)) {
      const end = this.text.indexOf('*/', this.at + 2);
      this.blankTo(end === -1 ? this.text.length : end + 2, ' ');
    } else return false;
    return true;
  }

  /** Blanks what stands between two quotes. */
  quoted(quote) {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== quote && this.text[end] !== '\n') {
      end += this.text[end] === '\\' ? 2 : 1;
    }
    this.at++;
    this.blankTo(end, OF_STRING);
    this.at = end + 1;
  }

  get masked() {
    return this.out.join('');
  }
}

/** Blanks matches of a pattern in a masked text. */
function without(masked, pattern) {
  return masked.replace(pattern, (found) => found.replace(/[^\n]/g, ' '));
}

/** Whether a slash that comes after this text begins a regular expression. */
function beginsRegex(before) {
  const end = before.trimEnd();
  return end === '' || !/[\w$)\]}_'"`]$/.test(end) || BEFORE_REGEX.test(end);
}

function regexEnd(text, start) {
  let inClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    else if (text[at] === '/' && !inClass) return at;
  }
  return start;
}

/** Of a template the text is blanked, and what `${…}` holds is not. */
function scanTypeScript(mask) {
  // For each template that is open: the braces that are open in its expression; -1 in its text.
  const templates = [];
  const { text } = mask;
  while (mask.at < text.length) {
    const char = text[mask.at];
    const top = templates.length - 1;
    if (templates[top] === -1) {
      if (char === '`') templates.pop();
      else if (text.startsWith('${', mask.at)) {
        templates[top] = 0;
        mask.at++;
      } else {
        mask.blankTo(mask.at + (char === '\\' ? 2 : 1), OF_STRING);
        continue;
      }
      mask.at++;
      continue;
    }
    if (mask.comment()) continue;
    if (char === '"' || char === "'") {
      mask.quoted(char);
      continue;
    }
    if (char === '`') templates.push(-1);
    else if (char === '/' && beginsRegex(mask.out.slice(Math.max(0, mask.at - 200), mask.at).join(''))) {
      const end = regexEnd(text, mask.at);
      mask.at++;
      mask.blankTo(end, OF_STRING);
      mask.at = Math.max(mask.at, end);
    } else if (top >= 0 && char === '{') templates[top]++;
    else if (top >= 0 && char === '}' && --templates[top] < 0) {
      // It closes the expression: the text of the template goes on.
      templates[top] = -1;
    }
    mask.at++;
  }
}

/** Blanks what a pattern finds and what follows it up to the end of its brackets and `last`. */
function withoutDeclarations(masked, pattern, last) {
  let result = masked;
  for (const { index, 0: found } of masked.matchAll(pattern)) {
    let end = index + found.length;
    for (let depth = 0; end < masked.length; end++) {
      if ('{(['.includes(masked[end])) depth++;
      else if ('})]'.includes(masked[end])) depth--;
      if (depth === 0 && masked[end] === last) break;
    }
    const blank = masked.slice(index, end + 1).replace(/[^\n]/g, ' ');
    result = result.slice(0, index) + blank + result.slice(end + 1);
  }
  return result;
}

export function maskTypeScript(text) {
  const mask = new Mask(text);
  scanTypeScript(mask);
  let { masked } = mask;
  masked = without(masked, /^import\b[^;]*;/gm);
  masked = without(masked, /^export (?:type )?(?:\*|\{[^}]*\})[^;]*\bfrom\b[^;]*;/gm);
  masked = withoutDeclarations(masked, /^[ \t]*(?:export )?(?:declare )?interface \w+/gm, '}');
  return withoutDeclarations(masked, /^[ \t]*(?:export )?(?:declare )?type \w+/gm, ';');
}

/** What only a compiler for Windows or macOS reads, whose faults no test here could notice. */
const ELSEWHERE = /^#(?:ifdef |if defined\()(?:_WIN32|__APPLE__)\b[\s\S]*?(?=^#(?:else|elif|endif)\b)/gm;

export function maskCpp(text) {
  const mask = new Mask(text);
  while (mask.at < text.length) {
    if (mask.comment()) continue;
    const char = text[mask.at];
    const raw = char === 'R' && /^R"([^\s()\\]{0,16})\(/.exec(text.slice(mask.at, mask.at + 20));
    if (raw) {
      const end = text.indexOf(`)${raw[1]}"`, mask.at);
      mask.blankTo(end === -1 ? text.length : end + raw[1].length + 2, OF_STRING);
    } else if (char === '"') mask.quoted(char);
    // 1'000 is a number.
    else if (char === "'" && !/[\dA-Fa-f]/.test(text[mask.at - 1] ?? '')) mask.quoted(char);
    else mask.at++;
  }
  const here = without(mask.masked, ELSEWHERE);
  const masked = without(here, /^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm);
  return without(masked, /\bstatic_assert\([^;]*;|^[ \t]*(?:template <.*>|using [^;]*;|namespace [^{\n]*)/gm);
}
