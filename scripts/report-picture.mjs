/**
 * `node scripts/report-picture.mjs [--epochs 12]`: trains on Shakespeare's sonnets for a minute or two, writes the
 * report as build/report.html, and photographs its beginning for the README: docs/images/report.png.
 *
 * Needs `npm run build`, and Chromium at /usr/bin/chromium or where UNROLLED_CHROMIUM says.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { asProgram, Failure, root, say } from './support.mjs';

const TITLE = 'An LSTM reads Shakespeare’s sonnets';
const PROMPT = 'Shall I compare thee';
const TEXT = `Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade
`;

/** Larger than this is too large for a README. */
const MOST_BYTES = 300_000;

/** What the run below is on the command line. */
function command(epochs) {
  return `unrolled train sonnets --cell lstm --hidden 256 --epochs ${epochs} --batch 16 --lr 0.003 --clip-norm 5 --validation 0.05`;
}

async function train(epochs) {
  const require = createRequire(import.meta.url);
  const { LanguageModel, datasets } = require('../lib/index.js');
  const { TrainingRecorder, inspectLanguageModel } = require('../lib/report/index.js');
  const corpus = await datasets.sonnets();
  const model = LanguageModel.create({ vocabulary: corpus.vocabulary, cell: 'lstm', hidden: 256 });
  const options = { epochs, batch: 16, window: 64, learningRate: 0.003, clipNorm: 5, validation: 0.05 };
  const recorder = new TrainingRecorder();
  for await (const epoch of model.fit(corpus, options)) {
    say(`epoch ${epoch.epoch + 1}: loss ${epoch.loss.toFixed(3)}`);
    recorder.add(epoch, { learningRate: options.learningRate });
    recorder.addSample(PROMPT + (await model.sample(PROMPT, { length: 400, temperature: 0.7 })));
  }
  const shown = await inspectLanguageModel(model, TEXT);
  model.dispose();
  return { title: TITLE, command: command(epochs), ...recorder.parts(), ...shown };
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
  const { values } = parseArgs({
    args,
    options: { epochs: { type: 'string', default: '12' }, record: { type: 'string' } },
  });
  const { writeReport } = createRequire(import.meta.url)('../lib/report/index.js');
  const page = path.join(root, 'build', 'report.html');
  const picture = path.join(root, 'docs', 'images', 'report.png');
  // A record that was kept can be drawn anew without training.
  const kept = path.join(root, 'build', 'report-record.json');
  const record =
    values.record === undefined ? await train(Number(values.epochs)) : JSON.parse(readFileSync(values.record, 'utf8'));
  const asArrays = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
  if (values.record === undefined) writeFileSync(kept, JSON.stringify(record, asArrays));
  mkdirSync(path.dirname(picture), { recursive: true });
  await writeReport(page, record);
  await photograph(page, picture);
  say(`wrote ${path.relative(root, page)} and ${path.relative(root, picture)}.`);
}

await asProgram(import.meta.url, main);
