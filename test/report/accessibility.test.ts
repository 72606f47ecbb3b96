/** Pages for everyone: axe finds nothing, colours stand out, paper and a browser without scripts have it all. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { writeChart } from '../../bench/chart';
import type { ReportRecord } from '../../src/report';
import { requireChromium } from '../support/chromium';
import {
  classifierRecord,
  fullRecord,
  gradientRecord,
  languageModelRecord,
  regressionRecord,
  wave,
} from '../support/report';
import { openPage, openReport, type PageLook } from '../support/report-page';

/** Every kind of page. */
const KINDS: Record<string, ReportRecord> = {
  'a language model': languageModelRecord(),
  'a classifier of two classes': classifierRecord(2),
  'a classifier of many classes': classifierRecord(40),
  'a regression': regressionRecord(),
  gradients: gradientRecord(),
  'every part': fullRecord(),
};

const LOOKS: PageLook[] = [{ scheme: 'light' }, { scheme: 'dark' }, { width: 390 }, { scheme: 'dark', width: 390 }];

interface Findings {
  violations: { id: string; nodes: { target: unknown }[] }[];
  passes: unknown[];
}

/** Contrast of two colours, in the page. */
const CONTRAST = `
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const luminance = (...colors) => {
    for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1); }
    const [r, g, b] = Array.from(context.getImageData(0, 0, 1, 1).data, (byte) => byte / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const named = (name) => { document.querySelector('#theme').style.color = 'var(--' + name + ')';
    return getComputedStyle(document.querySelector('#theme')).color; };
`;

describe('the report for everyone', function () {
  this.timeout(150_000);
  let browser: Browser;
  let folder = '';
  let page: Page | undefined;

  before(async function () {
    browser = await requireChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
  });
  afterEach(async () => {
    await page?.close();
    page = undefined;
  });
  after(async () => {
    await browser?.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const open = async (record: ReportRecord, look?: PageLook) => {
    page = await openReport(browser, folder, record, look);
    if (look?.scripted !== false) await page.waitForSelector(':root[data-ready]');
    return page;
  };
  const evaluate = async <T>(expression: string): Promise<T> => (await page?.evaluate(expression)) as T;

  async function requireNothingFound(): Promise<void> {
    await evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations, passes } = await evaluate<Findings>('axe.run(document)');
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(' ')}`);
    assert.deepEqual(found, []);
    assert.ok(passes.length > 5, 'rules were looked at');
  }

  for (const [name, record] of Object.entries(KINDS)) {
    for (const look of LOOKS) {
      const { scheme = 'light', width = 1180 } = look;
      it(`has nothing for axe to find: ${name}, ${scheme}, at a width of ${width}`, async () => {
        await open(record, look);
        await evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
        await requireNothingFound();
        const [content, window] = await evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
        assert.equal(content, window, 'nothing reaches out to the side');
      });
    }
  }

  for (const look of LOOKS) {
    const { scheme = 'light', width = 1180 } = look;
    it(`has nothing for axe to find: the chart of the bench, ${scheme}, at a width of ${width}`, async () => {
      const file = join(folder, 'bench.html');
      const machine = {
        processor: 'a processor',
        processors: 2,
        blasCore: 'Haswell',
        threads: [2],
        load: 0,
        node: 'v22',
      };
      const result = {
        ...{ name: 'A1', title: 'a network', unit: 'tokens/s' as const, ours: 1200, peerName: 'a peer', peer: 100 },
        ...{ timesPeer: 12, ofMachine: 0.6, asked: { timesPeer: 20, ofMachine: 0.5 } },
        ...{ extras: [{ name: 'another', times: 3 }], notes: [], timesFirstThreads: [] },
      };
      writeChart(file, machine, [result, { ...result, name: 'A2', timesPeer: 30 }]);
      page = await openPage(browser, file, look);
      await requireNothingFound();
      const [content, window] = await evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
      assert.equal(content, window, 'nothing reaches out to the side');
      const bars = await evaluate<number[]>(`(() => { ${CONTRAST}
        const paper = luminance(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll('rect')].map((bar) => contrast(luminance(getComputedStyle(bar).fill), paper));
      })()`);
      assert.equal(bars.length, 6);
      assert.ok(Math.min(...bars) >= 3, String(bars));
    });
  }

  for (const scheme of ['light', 'dark'] as const) {
    it(`has lines and words that stand out from what is behind them, ${scheme}`, async () => {
      await open(fullRecord(), { scheme });
      const lines = await evaluate<Record<string, number>>(`(() => { ${CONTRAST}
        const surface = luminance(named('surface'));
        const names = ['faint', 'ink', 'data-1', 'data-2', 'data-3', 'data-4', 'data-5', 'data-6'];
        return Object.fromEntries(names.map((name) => [name, contrast(luminance(named('surface'), named(name)), surface)]));
      })()`);
      assert.ok(Math.min(...Object.values(lines)) >= 3, JSON.stringify(lines));
      // Words of drawings, which axe leaves out, and tokens under the strongest colours that a unit gives them.
      const words = await evaluate<[string, number][]>(`(() => { ${CONTRAST}
        const ground = (element) => getComputedStyle(element.closest('.card')).backgroundColor;
        const drawn = [...document.querySelectorAll('.drawing text, .map text')].map((text) => {
          const cell = text.matches('.figure-name, .figure-type, .figure-cell-name') ? [named('cell'), named('sunken'), ground(text)] : [ground(text)];
          const ink = luminance(getComputedStyle(text).fill);
          return [text.textContent, Math.min(...cell.map((color) => contrast(ink, luminance(color))))];
        });
        const tokens = ['low', 'high'].map((side) => {
          const strongest = 'color-mix(in srgb, ' + named(side) + ' 78%, transparent)';
          return [side, contrast(luminance(named('ink')), luminance(named('surface'), strongest))];
        });
        return [...drawn, ...tokens];
      })()`);
      assert.ok(words.length > 20);
      const faint = words.filter(([, contrast]) => contrast < 4.5);
      assert.deepEqual(faint, []);
    });

    it(`draws no curve fainter than its colour in the style sheet, ${scheme}`, async () => {
      await open({ title: 'noise', steps: { loss: wave(60, 2.4) } }, { scheme });
      // The strongest pixel away from the smoothed curve: where a single step stands out at the top.
      const strongest = await evaluate<number>(`(() => { ${CONTRAST}
        const canvas = document.querySelector('#chart-step-loss canvas');
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.fillStyle = named('surface');
        copy.fillRect(0, 0, canvas.width, canvas.height);
        copy.drawImage(canvas, 0, 0);
        const over = document.querySelector('#chart-step-loss .u-over');
        const [left, top] = [over.offsetLeft + 4, over.offsetTop + 2];
        const { data } = copy.getImageData(left, top, over.offsetWidth - 8, over.offsetHeight / 4);
        const surface = luminance(named('surface'));
        let most = 1;
        for (let at = 0; at < data.length; at += 4)
          most = Math.max(most, contrast(surface, luminance('rgb(' + data.slice(at, at + 3).join() + ')')));
        return most;
      })()`);
      assert.ok(strongest >= 3, `${strongest}`);
    });
  }

  it('keeps the names of the rows of a wide table in sight', async () => {
    await open(classifierRecord(40), { width: 390 });
    const left = () =>
      evaluate<number[]>(`(() => {
        const card = document.querySelector('.confusion').closest('.scroll');
        const head = card.querySelector('tbody th');
        return [card.scrollLeft, head.getBoundingClientRect().left - card.getBoundingClientRect().left, head.offsetWidth];
      })()`);
    await evaluate("document.querySelector('.confusion').closest('.scroll').scrollLeft = 1500");
    const [scrolled = 0, place = -1000, width = 0] = await left();
    assert.equal(scrolled, 1500);
    assert.ok(place >= 0 && place < 30, `${place}`);
    assert.ok(width > 60 && width < 390 / 2, `${width}`);
    // By the keyboard.
    await page?.focus('.scroll:has(.confusion)');
    await page?.keyboard.press('ArrowRight');
    await evaluate('new Promise((done) => setTimeout(done, 300))');
    assert.ok(((await left())[0] ?? 0) > 1500);
  });

  it('breaks no figure of a class on a phone, and has the whole title of its table there', async () => {
    const name = 'a_long_name_of_a_class_without_any_space_in_it';
    const confusion = {
      title: 'The 6 texts that validated',
      classNames: [name, `${name}_too`],
      counts: [
        [2, 0],
        [2, 2],
      ],
    };
    await open({ title: 't', confusions: [confusion] }, { width: 390 });
    const lines = await evaluate<number[]>(`[...document.querySelectorAll('#classes td.number')].map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    })`);
    assert.deepEqual(new Set(lines), new Set([1]));
    const beyond = await evaluate<number>(`[...document.querySelectorAll('#classes caption')].filter((caption) =>
      caption.getBoundingClientRect().right > caption.closest('.scroll').getBoundingClientRect().right).length`);
    assert.equal(beyond, 0);
    const [content, box] = await evaluate<number[]>(
      "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])([...document.querySelectorAll('#classes .scroll')].at(-1))",
    );
    assert.equal(content, box, 'the figures of each class fit');
  });

  it('is on paper what it is on the screen: light, coloured, and whole', async () => {
    const command = `unrolled train ${'a-long-name '.repeat(40)}`;
    await open({ ...fullRecord(), command }, { scheme: 'dark' });
    await evaluate(`addEventListener('beforeprint', () => {
      const canvas = document.querySelector('#chart-loss canvas');
      window.printed = canvas.offsetWidth;
    })`);
    const before = await evaluate<string>("document.querySelector('#chart-loss canvas').toDataURL()");
    const paper = await page?.pdf({ format: 'A4', printBackground: true });
    assert.ok((paper?.length ?? 0) > 10_000);
    const printed = await evaluate<number>('window.printed');
    // A page of A4 between its margins.
    assert.ok(printed > 400 && printed < 720, `${printed}`);
    assert.equal(await evaluate("'printing' in document.documentElement.dataset"), false);
    await evaluate('new Promise((done) => setTimeout(done, 300))');
    assert.equal(await evaluate("document.querySelector('#chart-loss canvas').toDataURL()"), before, 'dark again');
    await page?.emulateMediaType('print');
    await page?.setViewport({ width: 720, height: 900 });
    await evaluate("dispatchEvent(new Event('beforeprint'))");
    const looks = await evaluate<Record<string, unknown>>(`(() => {
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      const fits = (selector) => { const { scrollWidth, clientWidth } = document.querySelector(selector); return scrollWidth <= clientWidth + 1; };
      return {
        adjusted: style('body').printColorAdjust,
        ground: style('body').backgroundColor,
        command: fits('.command code'),
        cut: [...document.querySelectorAll('.card, .scroll, pre, .tokens, .drawing')].filter((box) => box.checkVisibility() && (box.scrollHeight > box.clientHeight + 2 && getComputedStyle(box).overflowY !== 'visible')).length,
        shown: ['#theme', 'nav', '[data-log]', '[data-smoothing]', '[data-copy]', '.tooltip', '[data-unit]'].filter((one) => document.querySelector(one).checkVisibility()),
        open: document.querySelector('details').open,
        useless: document.body.innerText.match(/Point at [^.]*/g),
        unit: document.querySelector('#activation-view .controls').innerText.includes('unit ' + document.querySelector('[data-unit]').value),
        width: document.documentElement.scrollWidth,
      };
    })()`);
    assert.deepEqual(looks, {
      adjusted: 'exact',
      ground: 'rgb(255, 255, 255)',
      command: true,
      cut: 0,
      shown: [],
      open: true,
      useless: null,
      unit: true,
      width: 720,
    });
  });

  it('has a table of as many classes as there may be on a page of paper', async () => {
    await open(classifierRecord(50));
    await page?.emulateMediaType('print');
    await page?.setViewport({ width: 720, height: 900 });
    await evaluate("dispatchEvent(new Event('beforeprint'))");
    const [content, cells] = await evaluate<number[]>(
      "[document.documentElement.scrollWidth, document.querySelectorAll('.confusion tbody td').length]",
    );
    assert.equal(cells, 2500);
    assert.equal(content, 720, 'nothing reaches out to the side');
  });

  it('has its texts and tables where no script runs, and says what is missing', async () => {
    const record = fullRecord();
    await open(record, { scripted: false });
    const text = await evaluate<string>('document.body.innerText');
    // What the kept weights wrote comes first, all others in their order.
    const order = [...text.matchAll(/after epoch (\d+)/g)].map(([, epoch]) => Number(epoch));
    assert.deepEqual(order, [6, 1, 2, 3, 4, 5, 7, 8]);
    assert.match(text, /need JavaScript, which is switched off here\. All texts and tables are shown\./);
    for (const { epoch } of record.samples ?? []) assert.ok(text.includes(`epoch ${epoch}: </script>`), `${epoch}`);
    for (const words of ['ne <b>day</b>', 'The 30 texts that validated', 'happy', 'vanilla RNN', 'decoder.h_l0'])
      assert.ok(text.includes(words), words);
    await page?.click('summary');
    const rows = await evaluate<string[]>(
      "[...document.querySelectorAll('details tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText).slice(0, 3).join(' '))",
    );
    assert.equal(rows.length, record.history?.length);
    assert.equal(rows[0], '1 3.000 3.300');
    assert.match(rows[5] ?? '', /^6 \(kept\)/);
    const useless = await evaluate<number>(
      "[...document.querySelectorAll('button, input, select, .plot, #neighbour-map')].filter((one) => one.checkVisibility()).length",
    );
    assert.equal(useless, 0);
    assert.equal(await evaluate("document.querySelector('[data-drawing=unrolled]').checkVisibility()"), true);
    // Where scripts run nothing is said to be missing.
    await page?.close();
    await open(record);
    assert.doesNotMatch(await evaluate<string>('document.body.innerText'), /JavaScript/);
  });
});
