/** No text of a record adds an element or an attribute to its page: it has those of a record with harmless words. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'puppeteer-core';
import { toSvg } from '../../bench/chart';
import { type ReportModel, type ReportRecord, renderModelFigure, renderReport } from '../../src/report';
import { requireChromium } from '../support/chromium';
import { openReport } from '../support/report-page';

/** Ways out of a text, of an attribute in either quotes, in none, and of an element. */
const HOSTILE = [
  '" onclick="alert(1)" data-x="',
  "' onclick='alert(1)' data-x='",
  ' onclick=alert(1) ',
  '"><img src=x onerror=alert(1)>',
  "'></text><a href='javascript:alert(1)'>",
  '</script><script>alert(1)</script>',
  '&quot; onclick=&quot;alert(1)',
  '`onclick=alert(1)`',
  '--><!-- x -->',
];

const modelOf = (word: string): ReportModel => ({
  description: word,
  inputs: [{ name: word, kind: word, shape: ['T', 'B', word] }],
  layers: [
    {
      name: `${word}1`,
      type: word,
      shape: ['T', 'B', 2],
      parameters: 1,
      note: word,
      recurrent: true,
      states: [{ name: word, features: 1 }],
    },
    {
      name: `${word}2`,
      type: word,
      shape: ['T', 'B', 2],
      parameters: 1,
      recurrent: true,
      initialState: `${word}1`,
      memory: `${word}1`,
    },
  ],
});

/** A record with that word wherever one may stand. */
function recordOf(word: string): ReportRecord {
  return {
    title: word,
    command: word,
    created: word,
    note: word,
    weights: word,
    units: { loss: word, speed: word },
    keptEpoch: 0,
    model: modelOf(word),
    history: [{ epoch: 0, step: 1, loss: 1, validationLoss: 1, validationAccuracy: 1, tokensPerSecond: 1, seconds: 1 }],
    steps: { loss: [2, 1], gradientNorm: [1, 2], learningRate: [1, 2] },
    samples: [0, 1].map((epoch) => ({ epoch, step: epoch, text: word })),
    activations: [0, 1].map(() => ({ layer: word, tokens: [word, word], units: [[1], [2]] })),
    neighbours: {
      words: [{ word, x: 0, y: 0, group: word }],
      lists: [{ word, neighbours: [{ word, distance: 1 }] }],
    },
    gradientByStep: { series: [{ label: word, norms: [1, 2] }] },
    confusions: [
      {
        title: word,
        classNames: [word, word],
        counts: [
          [1, 0],
          [2, 3],
        ],
      },
    ],
    tables: [{ title: word, columns: [word], rows: [[word]] }],
    comparisons: [{ title: word, xLabel: word, yLabel: word, series: [{ label: word, x: [1], y: [1] }] }],
  };
}

/** Each element of markup with the names of its attributes; what runs or is data has none in it. */
function elementsOf(markup: string): string[] {
  const shown = markup.replace(/(<(script|style)\b[^>]*>).*?(?=<\/\2>)/gs, '$1');
  const elements = shown.matchAll(/<(\/?[a-z][\w-]*)((?:\s+[^\s"'=<>/]+(?:="[^"]*")?)*)\s*\/?>/gi);
  return Array.from(elements, ([whole, name, attributes = '']) => {
    const names = Array.from(attributes.matchAll(/([^\s"'=]+)(?:="[^"]*")?/g), ([, attribute]) => attribute);
    assert.ok(!names.some((one) => /^on/i.test(one as string)), whole);
    return [name, ...names].join(' ');
  });
}

describe('the texts of a report', () => {
  it('add no element and no attribute to the page', () => {
    for (const word of HOSTILE) {
      const plain = 'x'.repeat(word.length);
      const expected = elementsOf(renderReport(recordOf(plain)));
      assert.ok(expected.length > 200 && expected.includes('div class tabindex role aria-label'));
      assert.deepEqual(elementsOf(renderReport(recordOf(word))), expected, word);
    }
  });

  it('add none to the drawing of a model, nor to the chart of the bench', () => {
    const machineOf = (word: string) => ({
      processor: word,
      processors: 1,
      blasCore: word,
      threads: [1],
      load: 0,
      node: word,
    });
    const resultOf = (word: string) => ({
      ...{ name: word, title: word, unit: 'tokens/s' as const, ours: 1, peerName: word, timesPeer: 2 },
      ...{ asked: { timesPeer: 1 }, extras: [{ name: word, cannot: word }], notes: [], timesFirstThreads: [] },
    });
    for (const word of HOSTILE) {
      const plain = 'x'.repeat(word.length);
      for (const unrolled of [false, true]) {
        const draw = (name: string) => elementsOf(renderModelFigure(modelOf(name), { unrolled }));
        assert.ok(draw(plain).length > 10);
        assert.deepEqual(draw(word), draw(plain), word);
      }
      const chart = (name: string) => elementsOf(toSvg(machineOf(name), [resultOf(name)]));
      assert.ok(chart(plain).length > 10);
      assert.deepEqual(chart(word), chart(plain), word);
    }
  });

  describe('in Chromium', function () {
    this.timeout(150_000);
    let browser: Browser;
    let folder = '';

    before(async function () {
      browser = await requireChromium(this);
      folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
    });
    after(async () => {
      await browser?.close();
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
    });

    it("add none to what the page's script makes of them", async () => {
      const elements = async (word: string) => {
        const page = await openReport(browser, folder, recordOf(word));
        await page.waitForSelector(':root[data-ready]');
        await page.evaluate("document.querySelector('.map g').focus()");
        await page.focus('#chart-loss .plot');
        await page.keyboard.press('Home');
        const found = await page.evaluate(
          "[...document.querySelectorAll('*')].map((one) => [one.localName, ...one.getAttributeNames().sort()].join(' '))",
        );
        await page.close();
        return found as string[];
      };
      const expected = await elements('xx');
      assert.ok(expected.includes('g aria-label class role style tabindex transform'));
      for (const word of HOSTILE.slice(0, 6)) assert.deepEqual(await elements(word), expected, word);
    });
  });
});
