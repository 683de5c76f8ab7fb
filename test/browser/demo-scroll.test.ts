import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { GalleryAnswer } from '../../demo/answers.js';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { freePort, type RunningDemo, removeDataDir, runDemo, temporaryDataDir } from './demo-runner.js';

let demo: RunningDemo;
let dataDir: string;
let browser: Browser;

// All 500, which take their time on a busy machine.
beforeAll(async () => {
  dataDir = await temporaryDataDir();
  demo = await runDemo(await freePort(), dataDir);
  const isGrowing = async () => ((await (await fetch(`${demo.url}/api/images`)).json()) as GalleryAnswer).isGrowing;
  await vi.waitUntil(async () => !(await isGrowing()), { timeout: 110_000, interval: 200 });
  browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  await removeDataDir(dataDir);
});

/** Scrolls through the whole page, a part of a screen in every frame, as a wheel does. */
const scrollThrough = (page: Page) =>
  page.evaluate(async () => {
    let most = 0;
    while (scrollY + innerHeight < document.body.scrollHeight - 1) {
      scrollBy(0, innerHeight / 4);
      await new Promise(requestAnimationFrame);
      most = Math.max(most, document.querySelectorAll('.tile').length);
    }
    return most;
  });

/** Events of a trace. Times are in microseconds: `tdur` is what the thread computed, whatever else the machine did. */
interface TraceEvent {
  name: string;
  tdur?: number;
}

test('500 pictures scroll smoothly: few are elements, no task of the page holds a frame up, the last are drawn', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(demo.url);
  await page.getByText(/^500 pictures\. \d+ in view, drawn in/).waitFor();

  const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await browser.startTracing(page, { categories });
  const most = await scrollThrough(page);
  await page.waitForFunction(() => !document.querySelector('.tile:not([data-state=shown])'));
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse((await browser.stopTracing()).toString());

  expect(most).toBeGreaterThan(60);
  expect(most).toBeLessThan(200);
  expect(await page.locator('.tile').last().getAttribute('aria-posinset')).toBe('500');
  const longest = (...names: string[]) =>
    Math.max(0, ...traceEvents.filter(({ name }) => names.includes(name)).map(({ tdur = 0 }) => tdur / 1000));
  const scripts = ['FunctionCall', 'FireAnimationFrame', 'RunMicrotasks', 'EventDispatch', 'TimerFire'];
  const figures = {
    script: longest(...scripts),
    layout: longest('UpdateLayoutTree', 'Layout'),
    task: longest('RunTask'),
  };
  console.log(`longest while 500 pictures scroll past, ms: ${JSON.stringify(figures)}`);
  expect(figures.script).toBeGreaterThan(0);
  // None is over 50 ms on a machine that does nothing else.
  expect(figures.script).toBeLessThan(100);
  expect(figures.layout).toBeLessThan(100);
  await page.close();
});
