/**
 * `node scripts/report-picture.mjs [--epochs 12]`: trains on Shakespeare's sonnets for a minute or two, writes the
 * report as build/report.html, and photographs its beginning for the README: docs/images/report.png.
 *
 * Needs `npm run build`, and Chromium at /usr/bin/chromium or where UNROLLED_CHROMIUM says.
 */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { asProgram, Failure, root, run, say } from './support.mjs';

/** Larger than this is too large for a README. */
const MOST_BYTES = 300_000;

/** The command line whose report is shown. */
function command(epochs, report) {
  return [
    ...['train', 'sonnets', '--cell', 'lstm', '--hidden', '256', '--epochs', epochs, '--batch', '16'],
    ...['--lr', '0.003', '--clip-norm', '5', '--validation', '0.05', '--report', report],
  ];
}

async function photograph(page, to) {
  const { launch } = await import('puppeteer-core');
  const executablePath = process.env.UNROLLED_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  try {
    const tab = await browser.newPage();
    await tab.setViewport({ width: 1180, height: 1375 });
    await tab.goto(pathToFileURL(page).href);
    await tab.waitForSelector(':root[data-ready]');
    // The cursor rests on the loss, as a reader's would.
    await tab.hover('#chart-loss .u-over');
    await tab.screenshot({ path: to });
  } finally {
    await browser.close();
  }
  if (statSync(to).size > MOST_BYTES) throw new Failure(`${to} is larger than ${MOST_BYTES} bytes.`);
}

async function main(args) {
  const { values } = parseArgs({ args, options: { epochs: { type: 'string', default: '12' } } });
  // Relative, as it stands on the page.
  const page = path.join('build', 'report.html');
  const picture = path.join('docs', 'images', 'report.png');
  mkdirSync(path.join(root, path.dirname(picture)), { recursive: true });
  const program = path.join(root, 'lib', 'cli', 'main.js');
  await run('The training', process.execPath, [program, ...command(values.epochs, page)]);
  await photograph(path.join(root, page), path.join(root, picture));
  say(`wrote ${page} and ${picture}.`);
}

await asProgram(import.meta.url, main);
