/**
 * `npm run docs`: the reference of the API from the sources, with all pages of `docs`, in `build/docs`.
 *
 * Formulas are MathML, and the sidebar has the pages' titles (`scripts/reference/pages.mjs`).
 *
 * Fails for an export without description, for one that is named and not exported, and for a broken link. TypeDoc reads
 * the sources with TypeScript 6, since the compiler that builds the package has no interface for programs; both are
 * packages of their own in `scripts/reference`, so that nobody else need install them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { npmCi, npmPackagesMissing } from './setup.mjs';
import { asProgram, Failure, root, run, say } from './support.mjs';

const folder = path.join(root, 'scripts', 'reference');

/** The text of a page without what is code, where a dollar is one. */
function withoutCode(html) {
  return html.replace(/<(pre|code|script|math)\b.*?<\/\1>/gs, '');
}

/** Refuses a site whose formulas are not drawn, or whose pages are named by their files. */
function requireFormulasAndTitles(site) {
  const folder = path.join(site, 'documents');
  const pages = readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]);
  const left = pages.filter(([, html]) => /\$\$|\$[^\s$][^$\n]*\$/.test(withoutCode(html)));
  const drawn = pages.filter(([, html]) => html.includes('<math'));
  if (left.length > 0) throw new Failure(`formulas are not drawn in ${left.map(([name]) => name).join(', ')}.`);
  if (drawn.length === 0) throw new Failure('no page has a formula.');
  const files = pages.filter(([name]) => /^(?:\d\d-|[a-z-]+\.html$)/.test(name) && name !== 'README.zh-CN.html');
  if (files.length > 0)
    throw new Failure(`pages have the names of their files: ${files.map(([name]) => name).join(', ')}.`);
}

export async function docs() {
  for (const place of [root, folder]) if (npmPackagesMissing(place)) await npmCi(place);
  const typedoc = path.join(folder, 'node_modules', 'typedoc', 'bin', 'typedoc');
  await run('TypeDoc', process.execPath, [typedoc, '--logLevel', 'Warn'], { cwd: folder });
  requireFormulasAndTitles(path.join(root, 'build', 'docs'));
  say('the documentation is in build/docs/index.html.');
}

await asProgram(import.meta.url, docs);
