/** A record as one HTML page that needs nothing but a browser: no network, no other file. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as check from '../base/check';
import { UnrolledError } from '../base/errors';
import { writeWhole } from '../base/files/files';
import { packageRoot } from '../base/package';
import { checkRecord } from './check-record';
import { escapeText, scriptJson } from './html';
import { pageData } from './page-data';
import type { ReportRecord } from './record';
import { sections } from './sections';
import { tiles } from './tiles';

/** Built from `src/report/page`: the page's script, which contains uPlot, and its style sheet. */
const ASSETS = join(packageRoot, 'lib', 'report', 'page');

const assets = new Map<string, string>();

function asset(name: 'page.js' | 'page.css'): string {
  const known = assets.get(name);
  if (known !== undefined) return known;
  try {
    const text = readFileSync(join(ASSETS, name), 'utf8');
    assets.set(name, text);
    return text;
  } catch (cause) {
    throw new UnrolledError('ERR_UNROLLED_INTERNAL', `${name} of the report is missing from the package`, {
      advice: 'In a clone, run "npm run build" first.',
      received: join(ASSETS, name),
      cause,
    });
  }
}

/** Lets the page's own script and style run, and nothing be loaded from anywhere. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Shown without a script: a remark about what is missing. Controls that would do nothing are hidden. */
const UNSCRIPTED =
  '<p class="remark" role="note">The curves, the coloured units and the map of words need JavaScript, which is switched off here. All texts and tables are shown.</p>';
const UNSCRIPTED_STYLE =
  '<noscript><style>.chart,.scripted,#theme,button,.controls label,.controls input,.scale,#activation-view [data-value],#neighbour-map,#gradient,#comparisons,[href="#gradient"],[href="#comparisons"]{display:none!important}[data-drawing][hidden]{display:block!important}#sample-view pre{max-height:none}</style></noscript>';

function header(record: ReportRecord): string {
  const { title, command, created, note, weights } = record;
  const made = created === undefined ? '' : `<p class="created">${escapeText(created)}</p>`;
  const line =
    command === undefined
      ? ''
      : `<div class="command"><code tabindex="0" role="group" aria-label="The command line">${escapeText(command)}</code><button type="button" data-copy>copy</button></div>`;
  const remark = note === undefined ? '' : `<p class="remark" role="note">${escapeText(note)}</p>`;
  const kept = weights === undefined ? '' : `<p class="note" id="weights">${escapeText(weights)}</p>`;
  const themes =
    '<button type="button" id="theme" aria-label="Switch between light and dark"><span aria-hidden="true">◐</span></button>';
  return `<header><div class="headline"><div><h1><bdi>${escapeText(title)}</bdi></h1>${made}</div>${themes}</div><noscript>${UNSCRIPTED}</noscript>${remark}${line}${tiles(record)}${kept}</header>`;
}

/**
 * The page of a record. The same record gives the same bytes.
 * @throws ERR_UNROLLED_UNKNOWN_OPTION, ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE naming the part of the
 *   record at fault.
 */
export function renderReport(record: ReportRecord): string {
  checkRecord(record);
  const data = pageData(record);
  const parts = sections(record, data);
  const links = parts.map(({ id, title }) => `<a href="#${id}">${escapeText(title)}</a>`).join('');
  const navigation = parts.length > 1 ? `<nav aria-label="Parts of the report">${links}</nav>` : '';
  // Two halves are side by side; a single one takes the whole width.
  const halves = parts.filter(({ isHalf }) => isHalf === true).length === 2;
  const body = parts
    .map(
      ({ id, title, body, isHalf }) =>
        `<section id="${id}"${halves && isHalf === true ? ' class="half"' : ''}><h2>${escapeText(title)}</h2>${body}</section>`,
    )
    .join('\n');
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">',
    `<title>${escapeText(record.title)}</title>`,
    `<style>${asset('page.css')}</style>${UNSCRIPTED_STYLE}</head>`,
    `<body>${header(record)}${navigation}<main>${body}</main>`,
    '<footer>Made by unrolled. This page is complete: it loads nothing and works offline.</footer>',
    `<script type="application/json" id="report-data">${scriptJson(data)}</script>`,
    `<script>${asset('page.js')}</script></body></html>`,
    '',
  ].join('\n');
}

/**
 * Refuses a name that browsers would not open as a page.
 * @param option the name of the path's option.
 * @throws ERR_UNROLLED_OPTION_TYPE, ERR_UNROLLED_OPTION_RANGE.
 */
export function requirePageName(option: string, path: string): void {
  check.nonEmptyString(option, path);
  if (!/\.html?$/i.test(path)) throw check.outOfRange(option, 'a file whose name ends in .html or .htm', path);
}

/**
 * Writes the page of a record, whole or not at all.
 * @throws what `renderReport` throws, ERR_UNROLLED_FILE_WRITE.
 */
export async function writeReport(path: string, record: ReportRecord): Promise<void> {
  await writeWhole(path, Buffer.from(renderReport(record), 'utf8'));
}
