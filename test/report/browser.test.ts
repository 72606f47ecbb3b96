/** The page in Chromium, opened from the disk: what a reader points at, clicks and types does what it should. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';
import type { Browser, Page } from 'puppeteer-core';
import { type ReportRecord, writeReport } from '../../src/report';
import { requireChromium } from '../support/chromium';
import { fullRecord, wave } from '../support/report';

/** Distinct bytes in the pixels of a PNG, of which an empty picture has few. */
function distinctBytes(png: Uint8Array): number {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Uint8Array[] = [];
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const kind = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (kind === 'IDAT') chunks.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return new Set(inflateSync(Buffer.concat(chunks))).size;
}

describe('the report in Chromium', function () {
  // A machine with much else to do takes its time to start a browser.
  this.timeout(150_000);
  let browser: Browser;
  let folder = '';
  let page: Page;
  let faults: string[] = [];

  before(async function () {
    browser = await requireChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    await open(fullRecord());
  });
  after(async () => {
    await browser?.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => assert.deepEqual(faults, []));

  /** Opens a record's page; errors, and requests for anything but the file itself, are faults. */
  async function open(record: ReportRecord): Promise<void> {
    const file = join(folder, 'report.html');
    await writeReport(file, record);
    await page?.close();
    faults = [];
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => faults.push(message.text()));
    const address = pathToFileURL(file).href;
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) faults.push(`request of ${request.url()}`);
    });
    await page.setViewport({ width: 1180, height: 900 });
    await page.goto(address);
    await page.waitForSelector(':root[data-ready]');
  }

  /** An expression's value in the page; as text, since the browser's types are not those of the tests. */
  const evaluate = async <T>(expression: string): Promise<T> => (await page.evaluate(expression)) as T;
  const property = <T>(selector: string, name: string) =>
    evaluate<T>(`document.querySelector(${JSON.stringify(selector)}).${name}`);
  const text = (selector: string) => property<string>(selector, 'textContent');
  const isShown = (selector: string) => property<boolean>(selector, 'checkVisibility()');
  const background = () => evaluate<string>('getComputedStyle(document.body).backgroundColor');

  async function look(scheme: 'light' | 'dark', width = 1180): Promise<void> {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width, height: 900 });
    await drawn();
  }

  /** Sets a control's value, as a reader's hand does. */
  async function set(selector: string, value: string, event: 'input' | 'change'): Promise<void> {
    const control = `document.querySelector(${JSON.stringify(selector)})`;
    await evaluate(`${control}.value = ${JSON.stringify(value)}; ${control}.dispatchEvent(new Event('${event}'))`);
  }

  /** Waits until the browser has drawn what came before. */
  const drawn = () => evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

  /** Points away from all charts. */
  async function pointAway(): Promise<void> {
    await page.mouse.move(2, 2);
    await drawn();
  }

  /** Points at a fraction of the plot's width. */
  async function point(chart: string, fraction: number): Promise<void> {
    const plot = await page.waitForSelector(`${chart} .u-over`);
    await plot?.scrollIntoView();
    const box = await plot?.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * fraction, box.y + box.height / 2);
    await drawn();
  }

  it('shows the values under the pointer', async () => {
    assert.equal(await isShown('#chart-loss .tooltip'), false);
    await point('#chart-loss', 0);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 1training3.0validation3.3');
    await point('#chart-loss', 2 / 7);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 3training1validation–');
    // The charts of the epochs are read together.
    assert.match(await text('#chart-accuracy .tooltip'), /^epoch 3training0\.75/);
    assert.equal(await isShown('#chart-accuracy .tooltip'), true);
    await pointAway();
    assert.equal(await isShown('#chart-loss .tooltip'), false);
    assert.equal(await isShown('#chart-accuracy .tooltip'), false);
  });

  it('keeps the values within the page, wherever it is pointed at', async () => {
    await look('light', 390);
    for (const chart of ['#chart-speed', '#chart-accuracy']) {
      for (const fraction of [0.01, 0.5, 0.99]) {
        await point(chart, fraction);
        const box = `document.querySelector('${chart} .tooltip').getBoundingClientRect()`;
        const [left = -1, right = -1] = await evaluate<number[]>(`[${box}.left, ${box}.right]`);
        assert.ok(left >= 0 && right > left && right <= 390, `${chart} at ${fraction}: ${left} to ${right}`);
      }
    }
    await pointAway();
    await look('light');
  });

  it('reads the values by the keyboard', async () => {
    await page.focus('#chart-accuracy .plot');
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowLeft'] as const) await page.keyboard.press(key);
    assert.equal(await text('#chart-accuracy .spoken'), 'epoch 2, training 0.6667, validation 0.6167');
  });

  it('hides a curve whose name is clicked, and shows it again', async () => {
    const name = '#chart-loss .key:last-child';
    await page.click(name);
    await point('#chart-loss', 0);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 1training3');
    assert.equal(await property(name, 'ariaPressed'), 'false');
    await page.click(name);
    await point('#chart-loss', 0.1);
    assert.match(await text('#chart-loss .tooltip'), /validation/);
    assert.equal(await property(name, 'ariaPressed'), 'true');
  });

  it('smooths the loss of the steps, and takes its logarithm', async () => {
    const picture = async () => Buffer.from((await (await page.$('#chart-step-loss canvas'))?.screenshot()) ?? []);
    await point('#chart-step-loss', 0.5);
    const before = await text('#chart-step-loss .tooltip');
    assert.match(before, /^steps 1,99\d to \d,\d{3}mean, smoothed/);
    assert.equal(await text('#chart-step-loss output'), '82 steps');
    await set('#chart-step-loss [data-smoothing]', '12', 'input');
    await point('#chart-step-loss', 0.6);
    await point('#chart-step-loss', 0.5);
    assert.notEqual(await text('#chart-step-loss .tooltip'), before);
    // A hundred buckets of two steps on each side, and the one between.
    assert.equal(await text('#chart-step-loss output'), '402 steps');
    assert.equal(await evaluate("document.querySelector('#chart-step-loss input').ariaValueText"), '402 steps');
    await pointAway();
    const linear = await picture();
    await page.click('#chart-step-loss [data-log]');
    await pointAway();
    assert.ok(!linear.equals(await picture()), 'another picture');
  });

  it('marks the epoch that was kept, where it is', async () => {
    const lines = () =>
      evaluate<[string, number, string][]>(`[...document.querySelectorAll('.plot')].flatMap((plot) => {
        const mark = plot.querySelector('.mark');
        const over = plot.querySelector('.u-over').getBoundingClientRect();
        return mark?.checkVisibility() ? [[plot.closest('figure').id, (mark.getBoundingClientRect().left - over.left) / over.width, mark.textContent]] : [];
      })`);
    const shown = await lines();
    assert.deepEqual(
      shown.map(([id, , words]) => [id, words]),
      ['loss', 'step-loss', 'accuracy', 'gradient-norm', 'learning-rate', 'speed'].map((id) => [
        `chart-${id}`,
        'kept: epoch 6',
      ]),
    );
    // The sixth of eight epochs, whose last step is the 3,000th of 4,000.
    for (const [id, place] of shown) {
      const expected = id === 'chart-step-loss' ? 2999 / 4000 : 5 / 7;
      assert.ok(Math.abs(place - expected) < 0.01, `${id}: ${place}`);
    }
    assert.match(await property<string>('#chart-loss .plot', 'ariaLabel'), /A line marks what was kept: epoch 6\./);
    await look('light', 390);
    const [, narrow = 0] = (await lines())[0] ?? [];
    assert.ok(Math.abs(narrow - 5 / 7) < 0.02, `${narrow}`);
    await look('light');
    assert.ok(!(await lines()).some(([id]) => id === 'chart-comparison-0'));
  });

  it('has room for the marks of its axes, however many digits they have', async () => {
    const steps = { first: 12_345_678, loss: [3_456_789.5, 3_456_789.25, 3_456_788], learningRate: [1e-7, 2e-7, 3e-7] };
    const history = [0, 1, 2].map((epoch) => ({ epoch, step: epoch, loss: 123_456_789 + epoch, tokensPerSecond: 2e8 }));
    const series = [{ label: 'a', x: [1_000_000, 2_000_000], y: [-8e8, 1e8] }];
    const comparisons = [{ title: 'large', xLabel: 'tokens', yLabel: '', series }];
    for (const width of [1180, 390]) {
      await open({ title: 'large numbers', steps, history, comparisons });
      await look('light', width);
      const cut = await evaluate<string[]>(`[...document.querySelectorAll('.chart')].filter((card) => {
        const canvas = card.querySelector('canvas');
        const { width, height } = canvas;
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        return [0, width - 1].some((x) => copy.getImageData(x, 0, 1, height).data.some((byte) => byte !== 0));
      }).map((card) => card.id)`);
      assert.deepEqual(cut, []);
      assert.equal(await evaluate("document.querySelectorAll('.chart').length"), 5);
    }
    await open(fullRecord());
  });

  it('reads as many digits as tell two values apart', async () => {
    const loss = [1.2345, 1.2347, 1.2349, 1.2352];
    await open({
      title: 'close',
      history: loss.map((each, epoch) => ({ epoch, step: epoch, loss: each })),
      steps: { loss },
    });
    await point('#chart-loss', 0);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 1training1.2345');
    await point('#chart-loss', 1 / 3);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 2training1.2347');
    await open(fullRecord());
  });

  it('names the steps of a bucket, the last one as well', async () => {
    await open({ title: 'long', steps: { first: 100, loss: wave(4001, 1), learningRate: wave(4001, 1) } });
    await point('#chart-step-loss', 0);
    assert.match(await text('#chart-step-loss .tooltip'), /^steps 101 to 103mean, smoothed/);
    await page.focus('#chart-step-loss .plot');
    await page.keyboard.press('End');
    assert.match(await text('#chart-step-loss .tooltip'), /^steps 4,100 to 4,101mean, smoothed/);
    await point('#chart-step-learning-rate', 0);
    assert.match(await text('#chart-step-learning-rate .tooltip'), /^steps 101 to 103learning rate, mean[−\-\d.]+$/);
    assert.equal(await evaluate("document.querySelector('#chart-step-learning-rate [data-smoothing]')"), null);
    await open(fullRecord());
  });

  it('goes through the samples, whatever is in them', async () => {
    // What the weights that were kept wrote comes first.
    assert.match(
      await text('#sample-view pre'),
      /^epoch 5: <\/script><script>window\.broken = true<\/script>\n␀␛\[31m/,
    );
    assert.equal(await text('#sample-view output'), 'after epoch 6, step 3,000, kept');
    assert.equal(await property('#sample-view input', 'value'), '5');
    await page.click('#sample-view [data-next]');
    assert.match(await text('#sample-view pre'), /^epoch 6/);
    assert.equal(await text('#sample-view output'), 'after epoch 7, step 3,500');
    await page.focus('#sample-view input');
    await page.keyboard.press('Home');
    assert.match(await text('#sample-view pre'), /^epoch 0/);
    assert.equal(await text('#sample-view output'), 'after epoch 1, step 500');
    assert.equal(await evaluate("'broken' in window"), false);
  });

  it('colours the text by the unit that is picked', async () => {
    const [first, relu] = fullRecord().activations ?? [];
    assert.ok(first !== undefined && relu !== undefined);
    const colors = () =>
      evaluate<string[]>("[...document.querySelectorAll('.tokens span')].map((span) => span.style.background)");
    const unit = () => property<string>('[data-unit]', 'value');
    const before = { unit: Number(await unit()), colors: await colors() };
    assert.equal(before.colors.length, first.tokens.length);
    await page.click('#activation-view [data-next]');
    assert.equal(Number(await unit()), (before.unit + 1) % 16);
    assert.notDeepEqual(await colors(), before.colors);
    await set('[data-unit]', '5', 'change');
    await page.focus('.tokens');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await unit(), '4');
    await page.hover('.tokens span:nth-child(3)');
    const expected = Number(first.units[2]?.[4]).toFixed(3);
    assert.equal(await text('#activation-view [data-value]'), `"n", token 3: unit 4 is ${expected}`);
    await page.select('[data-layer]', '1');
    const largest = Math.max(...relu.units.flatMap((row) => Array.from(row, Math.abs)));
    assert.equal(await text('[data-high]'), `+${largest.toPrecision(4)}`);
  });

  /** The rows of a table in the section of the classes, header and footer among them. */
  const rowsOf = (table: string) =>
    evaluate<string[][]>(
      `[...document.querySelectorAll('#classes table${table} tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
    );

  it('has the confusions of classes, and the precision and recall of each', async () => {
    assert.deepEqual(await rowsOf('.confusion'), [
      ['true class', 'predicted class'],
      ['sport', '<b>news</b>', 'weather'],
      ['sport', '8', '2', '0'],
      ['<b>news</b>', '1', '15', '0'],
      ['weather', '3', '1', '0'],
    ]);
    assert.deepEqual(await rowsOf(':not(.confusion)'), [
      ['class', 'examples', 'precision', 'recall'],
      ['sport', '10', '66.7 %', '80.0 %'],
      ['<b>news</b>', '16', '83.3 %', '93.8 %'],
      // Nothing was taken for it.
      ['weather', '4', '–', '0.0 %'],
      ['all', '30', 'accuracy 76.7 %'],
    ]);
    const scopes = "[...document.querySelectorAll('#classes th')].every((head) => head.scope !== '')";
    assert.equal(await evaluate(scopes), true);
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has confusions whose numbers stand out from their colours, ${scheme}`, async () => {
      await look(scheme);
      const contrasts = await evaluate<number[]>(`(() => {
        const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const surface = getComputedStyle(document.querySelector('#classes .card')).backgroundColor;
        const luminance = (...colors) => {
          for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1); }
          const [r, g, b] = Array.from(context.getImageData(0, 0, 1, 1).data, (byte) => byte / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        return [...document.querySelectorAll('.confusion tbody td')].map((cell) => {
          const { color, backgroundColor } = getComputedStyle(cell);
          const [ink, ground] = [luminance(color), luminance(surface, backgroundColor)];
          return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
        });
      })()`);
      assert.equal(contrasts.length, 9);
      assert.ok(Math.min(...contrasts) >= 4.5, contrasts.map((contrast) => contrast.toFixed(1)).join(' '));
      const colors =
        "new Set([...document.querySelectorAll('.confusion tbody td')].map((cell) => getComputedStyle(cell).backgroundColor)).size";
      assert.ok((await evaluate<number>(colors)) > 4, 'cells have colours of their own');
    });
  }

  it("lets no text's bidirectional controls change what stands beside it", async () => {
    const turned = '\u202e\u2067abc';
    const record = fullRecord();
    const [activations] = record.activations ?? [];
    assert.ok(activations && record.neighbours);
    const tokens = activations.tokens.map((token, time) => (time === 0 ? turned : token));
    const list = { word: turned, neighbours: [{ word: `x${turned}`, distance: 0.5 }] };
    await open({
      ...record,
      activations: [{ ...activations, tokens }],
      neighbours: { words: [{ word: turned, x: 0, y: 0, group: turned }], lists: [list] },
    });
    await evaluate(`document.querySelector('.tokens span').dispatchEvent(new Event('pointerover', { bubbles: true }))`);
    await evaluate(`document.querySelector('#neighbour-map [tabindex]').dispatchEvent(new Event('focus'))`);
    /** Whether the words of an element's last text run from left to right, after all that is before them. */
    const runs = (selector: string) =>
      evaluate<boolean>(`(() => {
        const text = document.querySelector(${JSON.stringify(selector)}).lastChild;
        const left = (at) => {
          const range = new Range();
          range.setStart(text, at);
          range.setEnd(text, at + 1);
          return range.getBoundingClientRect().left;
        };
        const end = text.length - 1;
        return left(1) < left(end) && text.previousSibling.getBoundingClientRect().right <= left(0) + 1;
      })()`);
    assert.ok(await runs('#activation-view [data-value]'));
    assert.ok(await runs('#neighbour-map .note'));
    assert.match(await text('.tokens'), /^⟨202E⟩⟨2067⟩abc/);
    await open(fullRecord());
  });

  it('shows the neighbours of a word', async () => {
    await evaluate(`document.querySelector('.map g[aria-label="good"]').focus()`);
    assert.equal(await text('#neighbour-map .note'), 'good, positive. Nearest: happy (0.11), sad (0.93)');
    const near = "[...document.querySelectorAll('.map .near')].map((mark) => mark.textContent).join()";
    assert.equal(await evaluate(near), 'happy,sad');
  });

  it('draws the model folded or unrolled', async () => {
    assert.deepEqual([await isShown('[data-drawing=folded]'), await isShown('[data-drawing=unrolled]')], [true, false]);
    await page.click('[data-figure=unrolled]');
    assert.deepEqual([await isShown('[data-drawing=folded]'), await isShown('[data-drawing=unrolled]')], [false, true]);
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1180, 390]) {
      it(`can be seen ${scheme} at a width of ${width}`, async () => {
        await look(scheme, width);
        assert.ok(distinctBytes(await page.screenshot()) > 100, 'the picture is not blank');
        const [content, window] = await evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
        assert.equal(content, window, 'nothing reaches out to the side');
        const drawn = await evaluate<boolean[]>(
          // Through a copy, as Chromium advises against reading the charts' own canvases.
          `[...document.querySelectorAll('.plot canvas')].map((canvas) => {
            const { width, height } = canvas;
            const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            return copy.getImageData(0, 0, width, height).data.some((byte) => byte !== 0);
          })`,
        );
        assert.ok(drawn.length > 5 && drawn.every((each) => each), 'every chart is drawn');
      });
    }
  }

  it('leaves no tile alone in a row, and shows a whole model on a phone', async () => {
    await open(fullRecord());
    const rows = await evaluate<number[]>(
      "Object.values(Object.groupBy([...document.querySelectorAll('.tile')], (tile) => tile.offsetTop)).map(({ length }) => length)",
    );
    assert.deepEqual(rows, [4, 4]);
    await look('light', 390);
    for (const part of ['#model .scroll', '#model [data-drawing=folded]']) {
      const [content = 0, box = 0] = await evaluate<number[]>(
        `(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.querySelector('${part}'))`,
      );
      assert.ok(content <= box, `${part}: ${content} in ${box}`);
    }
    await look('light');
  });

  it('is light or dark as the system is, until the reader chooses', async () => {
    await look('dark');
    const dark = await background();
    await page.click('#theme');
    const light = await background();
    assert.notEqual(light, dark);
    await look('light');
    assert.equal(await background(), light);
    await page.click('#theme');
    assert.equal(await background(), dark);
  });

  it('opens where there is hardly anything to show', async () => {
    await open({ title: 'one epoch', history: [{ epoch: 0, step: 9, loss: 2 }], steps: { loss: [2] } });
    await point('#chart-loss', 0.5);
    assert.equal(await text('#chart-loss .tooltip'), 'epoch 1training2');
    await open({ title: 'nothing' });
    assert.equal(await text('h1'), 'nothing');
  });
});
