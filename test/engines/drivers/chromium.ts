import { chromium } from 'playwright-core';
import { startPageCoverage } from '../../../scripts/coverage/page-coverage.mjs';
import { launchOptions } from '../../browser/harness/world.js';
import type { Engine } from './engine.js';

/** Starts Chromium without a window. */
export async function launchChromium(): Promise<Engine> {
  const browser = await chromium.launch(await launchOptions());
  const context = await browser.newContext();
  return {
    async open() {
      const page = await context.newPage();
      const keepCoverage = await startPageCoverage(page);
      return {
        async go(url) {
          await page.goto(url, { waitUntil: 'commit' });
        },
        async close() {
          await keepCoverage();
          await page.close();
        },
      };
    },
    close: () => browser.close(),
  };
}
