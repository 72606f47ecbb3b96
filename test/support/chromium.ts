/** Debian's Chromium, driven by puppeteer-core; it may be absent. */

import { accessSync, constants } from 'node:fs';
import type { Browser } from 'puppeteer-core';

const { UNROLLED_CHROMIUM } = process.env;

/** The browser: UNROLLED_CHROMIUM, else where Debian and others put it. */
const chromium = [UNROLLED_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && isProgram(path),
);

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** In `before`: starts the browser; where it is absent the suite is skipped, and its title says so. */
export async function requireChromium(context: Mocha.Context): Promise<Browser> {
  if (chromium === undefined) {
    const suite = context.test?.parent;
    if (suite !== undefined) suite.title += ' (no Chromium here)';
    context.skip();
  }
  // Loaded here, so that a machine without Chromium pays nothing for it.
  const { launch } = await import('puppeteer-core');
  // The sandbox does not start for root, as which continuous integration runs; only our own page is opened.
  const isRoot = process.getuid?.() === 0;
  return launch({ executablePath: chromium, args: isRoot ? ['--no-sandbox'] : [], timeout: 120_000 });
}
