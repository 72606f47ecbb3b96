/** The page of `examples/browser` in Chromium, with nothing but local files: what it shows is what the models give here. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { hasRuntime, makePage } from '../../examples/support/page';
import { servePage } from '../../examples/support/page-server';
import { type LanguageModel, TextClassifier, TextVectorizer } from '../../src/index';
import { requireRuntime } from '../onnx/runs';
import { requireChromium } from '../support/chromium';
import { CORPUS, STREAM, smallModel } from '../support/models';

/** A folder that pictures of the page are put into, to be looked at. */
const { UNROLLED_PICTURES } = process.env;

const EXAMPLES = Array.from({ length: 40 }, (_, i) => ({
  text: `a ${i % 2 === 0 ? 'bad' : 'good'} ${['film', 'day', 'dog'][i % 3]}`,
  label: i % 2,
}));

describe('the page of exported models', function () {
  this.timeout(180_000);
  let browser: Browser;
  let server: Server;
  let folder = '';
  let language: LanguageModel;
  let classifier: TextClassifier;
  /** Addresses that were asked for, and what the console said. */
  const asked: string[] = [];
  const said: string[] = [];

  before(async function () {
    requireRuntime(this, 'onnxruntime-web');
    assert.ok(hasRuntime());
    browser = await requireChromium(this);
    folder = mkdtempSync(path.join(tmpdir(), 'unrolled-test-'));
    makePage(folder);
    language = smallModel({ cell: 'lstm' });
    await language.fit(CORPUS, { ...STREAM, epochs: 4, learningRate: 0.01 });
    await language.exportOnnx(path.join(folder, 'language-model.onnx'));
    const vectorizer = await TextVectorizer.adapt(EXAMPLES.map(({ text }) => text));
    classifier = TextClassifier.create({ vectorizer, classNames: ['no', 'yes'], embedding: 4, hidden: 4 });
    await classifier.fit(EXAMPLES, { epochs: 5, batch: 4 });
    await classifier.exportOnnx(path.join(folder, 'classifier.onnx'));
    server = await servePage(folder, 0);
  });
  after(async () => {
    await browser?.close();
    server?.close();
    language?.dispose();
    classifier?.dispose();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  async function open(look: { scheme?: 'light' | 'dark'; width?: number } = {}): Promise<Page> {
    const page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.setViewport({ width: look.width ?? 1180, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: look.scheme ?? 'light' }]);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("document.getElementById('status').textContent.startsWith('Loaded')", {
      timeout: 90_000,
    });
    return page;
  }

  /** Waits until an element's text is what it must become. */
  async function becomes(page: Page, id: string, text: string): Promise<void> {
    const isThere = `document.getElementById('${id}').textContent === ${JSON.stringify(text)}`;
    await page.waitForFunction(isThere, { timeout: 30_000 }).catch(async () => {
      assert.equal(await page.$eval(`#${id}`, ({ textContent }) => textContent), text);
    });
  }

  it('goes on as sample does while one types, and says what the next token may be', async () => {
    const page = await open();
    for (const text of ['the quick', 'the quick brown fox ']) {
      await page.$eval('#prompt', (area) => {
        (area as unknown as { value: string }).value = '';
      });
      await page.type('#prompt', text);
      await becomes(page, 'continuation', await language.sample(text, { length: 60, temperature: 0.8, seed: 1 }));
      const shown = await page.$$eval('#next tr', (rows) => rows.map(({ textContent }) => textContent));
      const best = await language.next(text, 8);
      const name = (token: string) => (token === ' ' ? '␣' : token === '\n' ? '⏎' : token);
      const expected = best.map(({ token, probability }) => `${name(token)}${(100 * probability).toFixed(1)} %`);
      assert.equal(shown.length, 8);
      // Of equal percentages the order may differ.
      assert.deepEqual([...shown].sort(), [...expected].sort());
    }
    await page.click('#take');
    const grown = await page.$eval('#prompt', (area) => (area as unknown as { value: string }).value);
    assert.equal(grown.length, 'the quick brown fox '.length + 60);
    await page.close();
  });

  it('shows a hidden unit over the text', async () => {
    const page = await open();
    await page.type('#prompt', 'the lazy dog');
    await page.select('#state', 'rnn.h_l0');
    await page.$eval('#unit', (input) => {
      (input as unknown as { value: string }).value = '3';
      input.dispatchEvent(new Event('input'));
    });
    await becomes(page, 'activations', 'the lazy dog');
    const shown = await page.$$eval('#activations span', (parts) =>
      parts.map((part) => (part as unknown as { title: string }).title),
    );
    const ids = [...language.vocabulary.encode('the lazy dog')];
    const { layers } = await language.model.forward({ ids: ids.map((id) => [id]) }, { layers: ['rnn'] });
    const hidden = Object.values(layers)[0];
    const width = hidden?.shape[2] as number;
    const expected = ids.map((_, t) => hidden?.data[t * width + 3] as number);
    assert.equal(shown.length, expected.length);
    for (const [t, value] of expected.entries())
      assert.ok(Math.abs(Number(shown[t]) - value) <= 6e-4, `${shown[t]} ${value}`);
    await page.close();
  });

  it('classifies, and takes a model from the disk, or says that it is none', async () => {
    const page = await open();
    await page.type('#text', 'a good film');
    const [answer] = await classifier.predict(['a good film']);
    const [no = 0, yes = 0] = answer?.probabilities ?? [];
    await becomes(page, 'classes', `no${(100 * no).toFixed(1)} %yes${(100 * yes).toFixed(1)} %`);
    const input = await page.$('#classifier-file');
    await (input as unknown as { uploadFile(file: string): Promise<void> }).uploadFile(
      path.join(folder, 'language-model.onnx'),
    );
    await becomes(page, 'status', 'This is no classifier of the form lengths, as unrolled export writes it.');
    await (input as unknown as { uploadFile(file: string): Promise<void> }).uploadFile(
      path.join(folder, 'classifier.onnx'),
    );
    await becomes(page, 'status', 'classifier.onnx is loaded.');
    await page.close();
  });

  it('is for everyone: axe finds nothing, in light, in dark and on a phone', async () => {
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const pictures = UNROLLED_PICTURES;
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1180, 390]) {
        const page = await open({ scheme, width });
        await page.type('#prompt', 'the quick brown fox jumps');
        await page.type('#text', 'a bad day');
        await page.waitForFunction("document.getElementById('continuation').textContent.length === 60");
        await page.evaluate(axe);
        const { violations } = (await page.evaluate('axe.run(document)')) as {
          violations: { id: string; nodes: object[] }[];
        };
        assert.deepEqual(
          violations.map(({ id, nodes }) => [id, JSON.stringify(nodes).slice(0, 300)]),
          [],
        );
        const overflow = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        assert.equal(overflow, false, `${scheme} ${width}`);
        if (pictures !== undefined) {
          await page.screenshot({ path: path.join(pictures, `browser-${scheme}-${width}.png`), fullPage: true });
        }
        await page.close();
      }
    }
  });

  it('asked for local files alone, and the console stayed empty', () => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    assert.ok(asked.length > 10);
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(origin) && !/^(data|blob):/.test(url)),
      [],
    );
    assert.deepEqual(said, []);
  });
});
