import type { BackendConfig } from 'pixstore/backend';
import type { FrontendConfig } from 'pixstore/frontend';
import { type Browser, type BrowserContext, chromium, type LaunchOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import { startPageCoverage } from '../../../scripts/coverage/page-coverage.mjs';
import { findBrowser } from '../../../scripts/ensure-browser.mjs';
import { startBackend, type TestBackend } from './backend.js';
import type { Listening } from './listen.js';
import { serveSite } from './site.js';
import { tapWire, type WireTap } from './wire-tap.js';

/** A name that is no localhost, so that its pages are no secure context; it leads to the loopback interface. */
export const insecureHost = 'pixstore.test';

/** A backend, a wire to it that can be listened to, a site and a Chromium: everything a test file needs, all real. */
export interface World {
  backend: TestBackend;
  tap: WireTap;
  site: Listening;
  browser: Browser;
}

/** Sets up one world for all tests of a file. @param options - of its backend */
export function useWorld(options: BackendConfig = {}): World {
  const world = {} as World;
  beforeAll(async () => {
    const [backend, site, browser] = await Promise.all([
      startBackend(options),
      serveSite(),
      launchOptions().then((options) => chromium.launch(options)),
    ]);
    Object.assign(world, { backend, site, browser, tap: await tapWire(backend.port) });
  });
  beforeEach(() => {
    world.tap.requests.length = 0;
    world.tap.meddle = undefined;
    world.backend.clock.ahead = 0;
  });
  afterAll(async () => {
    await world.browser?.close();
    await Promise.all([world.tap?.close(), world.site?.close(), world.backend?.close()]);
  });
  return world;
}

export async function launchOptions(): Promise<LaunchOptions> {
  const flags = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const args = [
    ...flags,
    '--disable-component-update',
    '--disable-sync',
    `--host-resolver-rules=MAP ${insecureHost} 127.0.0.1`,
  ];
  // As root Chromium starts without its sandbox only; our own pages are all it ever loads.
  return { executablePath: await findBrowser(), args, chromiumSandbox: process.getuid?.() !== 0 };
}

/** A browser profile of its own, gone when the test ends. */
export async function openContext({ browser }: World): Promise<BrowserContext> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context;
}

/** The frontend configuration that leads to the world's backend. */
export function endpointOf({ tap }: World): FrontendConfig {
  return { defaultEndpointConnectHost: '127.0.0.1', defaultEndpointConnectPort: tap.port };
}

/**
 * Opens the test page, with a frontend on the world's endpoint; in a new profile unless one is given. The test fails
 * when anything in the page goes uncaught.
 */
export async function openTab(
  world: World,
  config: FrontendConfig = {},
  context?: BrowserContext,
  origin = world.site.origin,
): Promise<Page> {
  const page = await (context ?? (await openContext(world))).newPage();
  const keepCoverage = await startPageCoverage(page);
  const uncaught: Error[] = [];
  page.on('pageerror', (error) => uncaught.push(error));
  onTestFinished(async () => {
    if (!page.isClosed()) await keepCoverage();
    expect(uncaught, 'errors and rejections that nobody caught').toEqual([]);
  });
  await page.goto(origin);
  await startFrontend(world, page, config);
  return page;
}

/** Makes the page's frontend; needed again after a reload. */
export async function startFrontend(world: World, page: Page, config: FrontendConfig = {}): Promise<void> {
  await page.waitForFunction(() => 'helpers' in globalThis);
  await page.evaluate((options) => helpers.start(options), { ...endpointOf(world), ...config });
}

/** What the page does in the background is done soon, on a busy machine too. */
export function eventually(look: () => Promise<unknown>): ReturnType<typeof expect.poll> {
  return expect.poll(look, { timeout: 30_000, interval: 20 });
}

/** Stops the page's clock, so that none of its timers fires unless the test says so. */
export async function stopClock(page: Page): Promise<void> {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
}
