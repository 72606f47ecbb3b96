/** A record's page in Chromium, opened from the disk. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { type ReportRecord, writeReport } from '../../src/report';

export interface PageLook {
  scheme?: 'light' | 'dark';
  width?: number;
  /** Whether scripts run. */
  scripted?: boolean;
}

/** Writes the page into a folder and opens it; the caller closes it. */
export async function openReport(
  browser: Browser,
  folder: string,
  record: ReportRecord,
  { scheme = 'light', width = 1180, scripted = true }: PageLook = {},
): Promise<Page> {
  const file = join(folder, 'page.html');
  await writeReport(file, record);
  return openPage(browser, file, { scheme, width, scripted });
}

/** Opens a file. */
export async function openPage(
  browser: Browser,
  file: string,
  { scheme = 'light', width = 1180, scripted = true }: PageLook,
): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.setJavaScriptEnabled(scripted);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(pathToFileURL(file).href);
  return page;
}
