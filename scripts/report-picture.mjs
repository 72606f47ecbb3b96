/**
 * `node scripts/report-picture.mjs [--epochs 12]`: trains on Shakespeare's sonnets and on quatrains of the Tang dynasty for
 * a minute or two each, writes the reports as build/report.html and build/report-zh.html, and photographs them: the beginning
 * of the page for docs/concepts/reports.md, and for each README a strip of its curve, its text and a hidden unit, in light
 * and in dark. With `--kept` it takes the reports that are there.
 *
 * Needs `npm run build`, a font that has Chinese characters (fonts-wqy-microhei of Debian), tang.txt.gz in the folder that
 * UNROLLED_DATA names, and Chromium at /usr/bin/chromium or where UNROLLED_CHROMIUM says.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { asProgram, Failure, root, run, say } from './support.mjs';

/** Larger than this is too large for a README. */
const MOST_BYTES = 300_000;

/** The strip, in CSS pixels: wide and low, so that a README's first words are on the same screen. */
const STRIP = { width: 1100, height: 352 };

const IMAGES = path.join('docs', 'images');

const POEMS = path.join('build', '五言絕句.txt');

/** Each report: what is learnt, by which model. */
const REPORTS = [
  { page: path.join('build', 'report.html'), corpus: 'sonnets', cell: 'lstm', hidden: '256', name: 'report' },
  { page: path.join('build', 'report-zh.html'), corpus: POEMS, cell: 'gru', hidden: '192', name: 'report-zh' },
];

/** Writes quatrains of five characters a line, which a model learns in a minute. */
async function writePoems() {
  const { datasets } = await import(pathToFileURL(path.join(root, 'lib', 'index.mjs')).href);
  const { vocabulary, ids } = await datasets.tang();
  const poems = vocabulary
    .decode(ids)
    .split('\n\n')
    .map((poem) => poem.trim().split('\n').slice(1));
  const isQuatrain = (lines) =>
    lines.length === 2 && lines.every((line) => /^\p{Script=Han}{5}，\p{Script=Han}{5}。$/u.test(line));
  const chosen = poems.filter(isQuatrain).slice(0, 2500);
  writeFileSync(path.join(root, POEMS), `${chosen.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}

/** The command line whose report is shown. */
function command({ page, corpus, cell, hidden }, epochs) {
  return [
    ...['train', corpus, '--cell', cell, '--hidden', hidden, '--epochs', epochs, '--batch', '16'],
    ...['--lr', '0.003', '--clip-norm', '5', '--validation', '0.05', '--report', page],
  ];
}

/** In the page: leaves the three cards, beside each other. */
function leaveStrip({ height }) {
  const cards = ['chart-loss', 'sample-view', 'activation-view'].map((id) => document.getElementById(id));
  const titles = ['', 'What it wrote', 'One hidden unit over a text'];
  const strip = document.createElement('div');
  strip.id = 'strip';
  strip.style.cssText =
    'display:grid;grid-template-columns:1fr 1fr 1.15fr;gap:12px;padding:12px;box-sizing:border-box;' +
    `height:${height}px;overflow:hidden`;
  for (const [index, card] of cards.entries()) {
    card.style.cssText = 'margin:0;overflow:hidden;height:100%;box-sizing:border-box;min-width:0';
    if (titles[index] !== '') {
      // Text that goes on below fades away, so that no line is cut.
      card.style.maskImage = `linear-gradient(black ${height - 90}px, transparent ${height - 45}px)`;
      const title = document.createElement('h3');
      title.textContent = titles[index];
      title.style.marginTop = '0';
      card.prepend(title);
    }
    strip.append(card);
  }
  document.body.style.cssText = 'margin:0;padding:0;max-width:none';
  document.body.replaceChildren(strip);
  globalThis.dispatchEvent(new Event('resize'));
}

async function photograph(browser, { page, name }) {
  const shots = [];
  const isSmall = (file) => {
    if (statSync(file).size > MOST_BYTES) throw new Failure(`${file} is larger than ${MOST_BYTES} bytes.`);
    shots.push(path.relative(root, file));
  };
  const open = async (scheme, size) => {
    const tab = await browser.newPage();
    await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await tab.setViewport(size);
    await tab.goto(pathToFileURL(path.join(root, page)).href);
    await tab.waitForSelector(':root[data-ready]');
    return tab;
  };
  for (const scheme of ['light', 'dark']) {
    const tab = await open(scheme, { width: STRIP.width, height: STRIP.height });
    await tab.evaluate(leaveStrip, STRIP);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const to = path.join(root, IMAGES, `${name}-${scheme}.png`);
    await tab.screenshot({ path: to, clip: { x: 0, y: 0, ...STRIP } });
    isSmall(to);
  }
  if (name !== 'report') return shots;
  const tab = await open('light', { width: 1180, height: 1290 });
  // The cursor rests on the loss, as a reader's would.
  await tab.hover('#chart-loss .u-over');
  const to = path.join(root, IMAGES, 'report.png');
  await tab.screenshot({ path: to });
  isSmall(to);
  return shots;
}

async function main(args) {
  const { values } = parseArgs({
    args,
    options: { epochs: { type: 'string', default: '12' }, kept: { type: 'boolean', default: false } },
  });
  mkdirSync(path.join(root, IMAGES), { recursive: true });
  const program = path.join(root, 'lib', 'cli', 'main.js');
  if (!values.kept) {
    await writePoems();
    for (const report of REPORTS)
      await run('The training', process.execPath, [program, ...command(report, values.epochs)]);
  }
  const { launch } = await import('puppeteer-core');
  const executablePath = process.env.UNROLLED_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  try {
    for (const report of REPORTS) say(`wrote ${(await photograph(browser, report)).join(', ')}.`);
  } finally {
    await browser.close();
  }
}

await asProgram(import.meta.url, main);
