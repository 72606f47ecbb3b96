/** The window of the example for Electron, in Chromium: its page and script, with a trainer behind them. */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import type { ToTrainer } from '../../examples/electron/messages';
import { requireChromium } from '../support/chromium';
import { EXAMPLE, endTrainer, startTrainer } from '../support/electron-trainer';
import { useFolder } from '../support/folder';

/** In the place of the preload script, which hands on the same; `order` and `tell` are of this test. */
const PRELOAD = `
  const listeners = [];
  globalThis.trainer = { send: (order) => globalThis.order(order), onMessage: (listener) => listeners.push(listener) };
  globalThis.tell = (message) => listeners.map((listener) => listener(message));`;

/** What a text must not be able to do. */
const INJECTION = `
  const script = document.createElement('script');
  script.textContent = 'globalThis.injected = true';
  document.body.append(script);
  'injected' in globalThis;`;

describe('the window of the Electron example, in Chromium', function () {
  this.timeout(150_000);
  const at = useFolder();
  let browser: Browser;
  let trainer: ChildProcess;
  let page: Page;
  const faults: string[] = [];

  before(async function () {
    browser = await requireChromium(this);
  });
  after(() => browser?.close());

  beforeEach(async () => {
    trainer = startTrainer(at());
    page = await browser.newPage();
    faults.length = 0;
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.exposeFunction('order', (order: ToTrainer) => void trainer.send(order));
    await page.evaluateOnNewDocument(PRELOAD);
    trainer.on('message', (message) => {
      page.evaluate(`tell(${JSON.stringify(message)}), undefined`).catch((error) => faults.push(String(error)));
    });
    await page.goto(pathToFileURL(path.join(EXAMPLE, 'index.html')).href);
  });
  afterEach(async () => {
    trainer.removeAllListeners('message');
    await endTrainer(trainer);
    await page.close();
    assert.deepEqual(faults, []);
  });

  const text = (selector: string) => page.$eval(selector, ({ textContent }) => textContent);
  const disabled = () => page.$$eval('button', (buttons) => buttons.map((button) => button.disabled));
  const told = (words: string) => page.waitForSelector(`::-p-xpath(//p[@id="status"][contains(., "${words}")])`);

  it('trains on its text, and shows loss and what the model writes', async () => {
    await page.$eval('#epochs', (input) => input.setAttribute('value', '4'));
    // Asked in the same turn, since the training may be over in the next.
    const whileTraining = page.$$eval('button', (buttons) => {
      buttons[0]?.click();
      return buttons.map((button) => button.disabled);
    });
    assert.deepEqual(await whileTraining, [true, false]);
    await told('done');
    assert.match((await text('#status')) ?? '', /^step \d+: loss \d\.\d{3}, [\d,]+ characters\/s – done$/);
    assert.equal((await text('#written'))?.length, 120);
    assert.deepEqual(await disabled(), [false, true]);
  });

  it('stops, says so, and can be told to train again', async () => {
    await page.$eval('#epochs', (input) => input.setAttribute('value', '1000000'));
    await page.click('#train');
    await told('step');
    await page.click('#stop');
    await told('ERR_UNROLLED_ABORTED');
    assert.deepEqual(await disabled(), [false, true]);
  });

  it('runs no script but its own', async () => {
    const refusal = new Promise<string>((resolve) => {
      page.removeAllListeners('console');
      page.on('console', (message) => resolve(message.text()));
    });
    const ran = await page.evaluate(INJECTION);
    assert.equal(ran, false);
    assert.match(await refusal, /Content Security Policy/);
  });
});
