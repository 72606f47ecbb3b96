/**
 * What TypeDoc does not do with the pages of `docs`: formulas between dollars become MathML, which browsers draw without
 * a script, and the sidebar names each page by its heading, not by its file.
 */
import temml from 'temml';
import { Application, Converter } from 'typedoc';

/** @throws {Error} for a formula that is none: the documentation is not made then. */
function mathML(formula, displayMode) {
  return temml.renderToString(formula, { displayMode, throwOnError: true, annotate: true });
}

/** `$$` on lines of their own, or around one line: a formula by itself. */
function blockRule(state, startLine, endLine, silent) {
  const lineAt = (line) => state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
  if (!lineAt(startLine).startsWith('$$')) return false;
  const lines = [];
  for (let line = startLine; line < endLine; line++) {
    const text = lineAt(line);
    lines.push(text);
    const [, formula, mark] = /^\$\$(.+?)\$\$([.,]?)\s*$/s.exec(lines.join('\n')) ?? [];
    if (formula === undefined) continue;
    if (silent) return true;
    state.line = line + 1;
    const token = state.push('formula', 'math', 0);
    token.block = true;
    token.content = `${formula}${mark}`;
    token.map = [startLine, line + 1];
    return true;
  }
  return false;
}

/** `$` around a formula within a line, by GitHub's rules: no space inside of either, no digit after the last. */
function inlineRule(state, silent) {
  const found = /^\$(?![\s$])((?:\\.|[^\\$])*?[^\s\\$]|\\.)\$(?!\d)/.exec(state.src.slice(state.pos, state.posMax));
  if (found === null) return false;
  if (!silent) state.push('formula_inline', 'math', 0).content = found[1];
  state.pos += found[0].length;
  return true;
}

function formulas(parser) {
  parser.block.ruler.before('fence', 'formula', blockRule, { alt: ['paragraph', 'reference', 'blockquote', 'list'] });
  parser.inline.ruler.before('escape', 'formula_inline', inlineRule);
  parser.renderer.rules.formula = (tokens, index) => `<p class="formula">${mathML(tokens[index].content, true)}</p>\n`;
  parser.renderer.rules.formula_inline = (tokens, index) => mathML(tokens[index].content, false);
}

/** The first heading of a page; undefined without one. */
function headingOf(content) {
  const text = content.map((part) => part.text).join('');
  return /^# +(.+)$/m.exec(text)?.[1].replace(/[`*]/g, '');
}

export function load(app) {
  // Options that are set before are forgotten again.
  app.on(Application.EVENT_BOOTSTRAP_END, () => app.options.setValue('markdownItLoader', formulas));
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const heading = headingOf(document.content);
    // The README in another language has the project's own.
    if (heading !== undefined && heading !== document.project.name) document.name = heading;
  });
}
