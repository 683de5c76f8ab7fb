import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { GalleryAnswer, Picture } from '../../demo/answers.js';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { axeViolations } from '../support/axe.js';
import { cachedImages } from '../support/cached-images.js';
import { freePort, type RunningDemo, removeDataDir, runDemo, temporaryDataDir } from './demo-runner.js';

interface Caption {
  file: string;
  title: string;
  alt: string;
}

const photosDir = 'demo/photos';
const captions: Caption[] = JSON.parse(readFileSync(join(photosDir, 'captions.json'), 'utf8'));

// A few rows on a screen of the size that Playwright's pages have.
const samples = 45;

let demo: RunningDemo;
let dataDir: string;
let browser: Browser;

beforeAll(async () => {
  dataDir = await temporaryDataDir();
  demo = await runDemo(await freePort(), dataDir, '--pictures', String(samples));
  await vi.waitUntil(async () => !(await gallery()).isGrowing, { timeout: 50_000 });
  browser = await chromium.launch({
    executablePath: await findBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  await removeDataDir(dataDir);
});

const gallery = async (): Promise<GalleryAnswer> => (await fetch(`${demo.url}/api/images`)).json();

/** A page of a visitor who was never here, as soon as it shows what is in view. Nothing in it may go wrong. */
async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const uncaught: Error[] = [];
  page.on('pageerror', (error) => uncaught.push(error));
  onTestFinished(async () => {
    await context.close();
    expect(uncaught).toEqual([]);
  });
  await page.goto(demo.url);
  await allShown(page);
  return page;
}

async function allShown(page: Page): Promise<void> {
  await page.getByText(/in view, drawn in/).waitFor();
  await page.waitForFunction(() => !document.querySelector('.tile:not([data-state=shown])'));
}

/**
 * The cache is written in the background: waits until it holds so many pictures. Not by `waitForFunction`, which takes a
 * promise for an answer.
 */
async function cached(page: Page, count: number): Promise<void> {
  await expect.poll(() => cachedImages(page)).toBe(count);
}

/** Adds a picture of the test's own, so that tests do not depend on each other. */
async function addPicture(title: string, file = 'camera.webp'): Promise<Picture> {
  const body = readFileSync(join(photosDir, file));
  return (await fetch(`${demo.url}/api/images?name=${title}.webp`, { method: 'POST', body })).json();
}

const opener = (page: Page, title: string) =>
  page.getByRole('button', { name: `${title}: see what is really stored`, exact: true });
const tileOf = (page: Page, title: string) => page.locator('.tile', { has: opener(page, title) });
const picturesShown = (page: Page) => page.locator('.tile').count();

/** However it is drawn: an element of one colour has an entropy of 0. */
async function isDrawn(element: Locator): Promise<boolean> {
  return (await sharp(await element.screenshot()).stats()).entropy > 2;
}

/** How many pictures came from somewhere, as the page counts. */
const countOf = async (page: Page, source: 'memory' | 'disk' | 'network') =>
  Number(await page.locator(`#tiers [data-source=${source}] .count`).textContent());

const whatIf = (page: Page, name: string) =>
  page.locator('#what-if').getByRole('button', { name, exact: true }).click();

async function notice(page: Page, text: string): Promise<void> {
  await page.locator('#notice.shown', { hasText: text }).waitFor();
}

function photo(file: string, name = file) {
  return { name, mimeType: 'application/octet-stream', buffer: readFileSync(join(photosDir, file)) };
}

describe('the demo gallery', () => {
  test('shows every sample photo, decrypted and described, and breaks no rule of its content security policy', async () => {
    const page = await visit({ viewport: { width: 1280, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.reload();
    await allShown(page);

    for (const { title, alt } of captions) {
      expect(await tileOf(page, title).locator('pixstore-image').getAttribute('alt')).toBe(alt);
      expect(await isDrawn(tileOf(page, title)), title).toBe(true);
    }
    expect(complaints).toEqual([]);
  });

  test('shows placeholders until pictures are there, and then the smallest that fill their tiles', async () => {
    const page = await visit();
    const asked: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/pixstore-image**', async (route) => {
      asked.push(route.request().postData() ?? '');
      await held;
      await route.continue();
    });
    await page.locator('#tools').getByRole('button', { name: 'Network' }).click();
    const tile = tileOf(page, 'Espresso');
    await expect.poll(() => tile.getAttribute('data-state')).toBe('waiting');
    await expect.poll(() => isDrawn(tile)).toBe(true);
    letGo();
    await allShown(page);
    const ids = asked.join().match(/"gallery:[^"]+"/g) ?? [];
    expect(ids.length).toBe(await picturesShown(page));
    expect(ids.filter((id) => !id.endsWith('.tile"'))).toEqual([]);
  });

  test('counts where pictures came from, with medians, and says what is held', async () => {
    const page = await visit();
    const count = await picturesShown(page);
    const tier = (source: string) => page.locator(`#tiers [data-source=${source}]`);
    await expect.poll(() => countOf(page, 'network')).toBe(count);
    await tier('network')
      .getByText(/^median [\d.]+ ms$/)
      .waitFor();
    await tier('network')
      .getByText(/^\d+ kB fetched$/)
      .waitFor();

    const reloadFrom = (name: string) => page.locator('#tools').getByRole('button', { name }).click();
    await reloadFrom('Memory');
    await expect.poll(() => countOf(page, 'memory')).toBe(count);
    await tier('memory')
      .getByText(new RegExp(`^${count} held, \\d+ kB$`))
      .waitFor();

    await cached(page, count);
    await reloadFrom('Disk cache');
    await expect.poll(() => countOf(page, 'disk')).toBe(count);
    await tier('disk')
      .getByText(new RegExp(`^${count} held, \\d+ kB$`))
      .waitFor();
    await expect.poll(() => page.locator('.tile[data-source=disk]').count()).toBe(count);

    await reloadFrom('Network');
    await expect.poll(() => countOf(page, 'network')).toBe(2 * count);
    await cached(page, count);
    await page.reload();
    await expect.poll(() => countOf(page, 'disk')).toBe(count);
  });

  test('adds pictures by button, shows progress and announces them', async () => {
    const page = await visit();

    await page
      .locator('#add-input')
      .setInputFiles([photo('brick.webp', 'chosen-1.webp'), photo('cat.png', 'chosen-2.png')]);

    await page.locator('.upload', { hasText: 'chosen-1.webp' }).getByRole('progressbar').waitFor();
    await notice(page, '“chosen-2” was added.');
    await allShown(page);
    for (const title of ['chosen-1', 'chosen-2']) expect(await isDrawn(tileOf(page, title))).toBe(true);
  });

  test('adds a picture that is dropped on the page', async () => {
    const page = await visit();
    const transfer = await page.evaluateHandle(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(bytes)], 'dropped.jpg', { type: 'image/jpeg' }));
        return transfer;
      },
      [...readFileSync(join(photosDir, 'rocket.jpg'))],
    );

    await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
    await page.getByText('Drop pictures to encrypt and keep them').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });

    await notice(page, '“dropped” was added.');
    await allShown(page);
    expect(await isDrawn(tileOf(page, 'dropped'))).toBe(true);
    expect(await page.locator('#drop').isVisible()).toBe(false);
  });

  test('says why a file is refused, until that is dismissed', async () => {
    const page = await visit();
    await page
      .locator('#add-input')
      .setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no image') });

    const refusal = page.getByRole('alert').filter({ hasText: 'notes.png' });
    await refusal.filter({ hasText: 'not an image' }).waitFor();
    await refusal.getByRole('button', { name: 'Dismiss' }).click();
    expect(await refusal.count()).toBe(0);
  });

  test('replaces a picture', async () => {
    const { id } = await addPicture('to-replace');
    const page = await visit();
    await opener(page, 'to-replace').click();
    const panel = page.getByRole('dialog', { name: 'to-replace' });

    const choosing = page.waitForEvent('filechooser');
    await panel.getByRole('button', { name: 'Replace' }).click();
    await (await choosing).setFiles(photo('rocket.jpg', 'replacement.jpg'));

    await notice(page, '“to-replace” was replaced by “replacement”.');
    await page.getByRole('dialog', { name: 'replacement' }).waitFor();
    await allShown(page);
    expect(await page.locator(`.tile[data-id="${id}"] .open`).getAttribute('title')).toBe('replacement');
  });

  test('deletes a picture when asked twice, and keeps it on Escape', async () => {
    const { id } = await addPicture('to-delete');
    const page = await visit();
    await opener(page, 'to-delete').click();
    const panel = page.getByRole('dialog', { name: 'to-delete', exact: true });

    await panel.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete “to-delete”?' }).waitFor();
    await page.keyboard.press('Escape');
    expect((await fetch(`${demo.url}/api/images/${id}`)).status).toBe(200);

    await panel.getByRole('button', { name: 'Delete' }).click();
    await page.locator('#confirm').getByRole('button', { name: 'Delete' }).click();
    await notice(page, '“to-delete” was deleted');
    expect(await panel.isVisible()).toBe(false);
    expect(await tileOf(page, 'to-delete').count()).toBe(0);
    expect((await fetch(`${demo.url}/api/images/${id}`)).status).toBe(404);
  });

  test('shows the ciphertext that really lies on disk, the same in all places, and no secret', async () => {
    const { id } = await addPicture('inspected', 'cat.png');
    const page = await visit();
    await opener(page, 'inspected').click();
    const panel = page.getByRole('dialog', { name: 'inspected' });

    for (const source of ['Memory', 'Disk cache', 'Network']) {
      await panel.getByRole('button', { name: source }).click();
      await panel.locator('.source', { hasText: source }).waitFor();
      await panel.getByText('All three places hold the same ciphertext').waitFor();
      await panel.getByText('key is in none of them').waitFor();
      const onServer = await bytesShown(panel, 'server');
      expect(onServer.length).toBe(80);
      expect(await bytesShown(panel, 'wire')).toEqual(onServer);
      expect(await bytesShown(panel, 'browser')).toEqual(onServer);
      expect(isInDataFolder(onServer)).toBe(true);
    }

    const plain = await bytesShown(panel, 'memory');
    expect(plain).toEqual(readFileSync(join(photosDir, 'cat.png')).subarray(0, 80));
    expect(isInDataFolder(plain)).toBe(false);

    const { record }: Picture = await (await fetch(`${demo.url}/api/images/${id}`)).json();
    const html = await page.content();
    expect(html).not.toContain(record.meta.key);
    expect(html).not.toContain(Buffer.from(record.meta.key, 'base64').toString('hex'));
    expect(html).not.toContain(record.statelessProof);
  });

  test('waits for a busy browser to write the ciphertext before it says what lies on disk', async () => {
    await addPicture('inspected-later', 'cat.png');
    const page = await visit();
    await opener(page, 'inspected-later').click();
    await page.evaluate(() => {
      globalThis.requestIdleCallback = (callback) => Number(setTimeout(callback, 700));
    });
    const panel = page.getByRole('dialog', { name: 'inspected-later' });
    await panel.getByRole('button', { name: 'Network' }).click();
    await panel.locator('.source', { hasText: 'Network' }).waitFor();
    await panel.getByText('All three places hold the same ciphertext').waitFor();
  });

  test('works by keyboard: one tab stop, and arrows between the pictures', async () => {
    const page = await visit({ viewport: { width: 1280, height: 700 } });
    const { pictures } = await gallery();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('title'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe(pictures[0]?.title);

    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe(pictures[1]?.title);
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(pictures[10]?.title); // nine in a row
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    expect(await focused()).toBe(pictures.at(-1)?.title);
    await page.keyboard.press('Home');
    expect(await focused()).toBe(pictures[0]?.title);

    await page.keyboard.press('Enter');
    expect(await isFocused(page.getByRole('button', { name: 'Close', exact: true }))).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('#detail').isVisible()).toBe(false);
    expect(await focused()).toBe(pictures[0]?.title);
  });

  test('what if proofs expire: the application is asked for fresh records, and all is drawn', async () => {
    const page = await visit();
    const asked = page.waitForRequest('**/api/records');
    await whatIf(page, 'proofs expire');
    await asked;
    await page.getByText(/^Every proof had expired, .* for \d+ fresh records, and drew \d+ in [\d.]+ m?s\.$/).waitFor();
    await allShown(page);
  });

  test('what if a bit flips: that picture is not shown, and comes whole when asked for again', async () => {
    const page = await visit();
    await whatIf(page, 'a bit flips on the wire');
    await page.getByText(/^One bit of “.*” was flipped on its way\./).waitFor();
    const failed = page.locator('.tile[data-state=failed]');
    expect(await failed.count()).toBe(1);
    await failed.getByText('It was changed on its way: it does not decrypt.').waitFor();
    await failed.getByRole('button', { name: 'Try again' }).click();
    await allShown(page);
  });

  test('what if the network is gone: what was seen is shown from the disk, and the rest says why it is not', async () => {
    const page = await visit({ viewport: { width: 360, height: 500 } });
    await cached(page, await picturesShown(page));
    const network = page.locator('#what-if').getByRole('button', { name: 'the network is gone' });
    await network.click();
    await page.getByText(/^The network is gone\. \d+ in view came from this browser’s disk/).waitFor();
    expect(await network.getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('.tile[data-source=disk]').count()).toBeGreaterThan(0);

    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.locator('.tile[data-state=failed]').getByText('The server does not answer.').first().waitFor();
    await whatIf(page, 'a bit flips on the wire');
    await page.getByText('The network is gone: bring it back first.').waitFor();
    await network.click();
    await page.getByText('The network is back, and what was missing is there.').waitFor();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await allShown(page);
  });

  test('what if another tab replaces a picture: this one shows the new version by itself', async () => {
    const { id } = await addPicture('to-recolour');
    const page = await visit();
    const tile = page.locator(`.tile[data-id="${id}"]`);
    const before = await tile.screenshot();
    const opened = page.context().waitForEvent('page');
    await whatIf(page, 'another tab replaces one');
    const other = await opened;
    await page.getByText('Another tab replaced “to-recolour”, under a new key.').waitFor();
    await allShown(page);
    const dots = async (png: Buffer) => [...(await sharp(png).greyscale().resize(8, 8).raw().toBuffer())];
    const difference = async () => {
      const [one, two] = [await dots(before), await dots(await tile.screenshot())];
      return one.reduce((sum, value, index) => sum + Math.abs(value - (two[index] ?? 0)), 0) / one.length;
    };
    await expect.poll(difference).toBeGreaterThan(30); // in other colours
    await other.waitForEvent('close');
  });

  test('what if the master key changes: nothing is touched, all opens, also for whoever comes then', async () => {
    const page = await visit();
    await whatIf(page, 'the master key changes');
    await page.getByText(/^The master key was exchanged in [\d.]+ ms\. None of the \d+ pictures was touched/).waitFor();
    await allShown(page);
    await visit();
  });

  test('what if I log out: nothing is left in this browser, and another tab shows nothing', async () => {
    const page = await visit();
    const other = await page.context().newPage();
    await other.goto(demo.url);
    await allShown(other);
    await cached(page, await picturesShown(page));
    await whatIf(page, 'I log out');
    await page.getByRole('heading', { name: 'You are logged out, in all tabs' }).waitFor();
    expect(await page.locator('#left-here').textContent()).toBe('nothing');
    expect(await page.locator('#left-there').textContent()).toMatch(/^\d+ pictures$/);
    await cached(page, 0);
    await other.locator('.tile').getByText('You logged out in another tab.').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Log in again' }).click();
    await allShown(page);
  });

  test('compares with plain <img>: the same pictures, taking turns, first and next visits', {
    timeout: 90_000,
  }, async () => {
    const page = await visit();
    await page.getByLabel('Compare with plain <img>').check();
    await page.getByText(/^First visits: \d+ pictures in view.* times as fast\.$/).waitFor();
    for (const side of ['pixstore', 'plain']) {
      expect(await page.locator(`[data-side=${side}] output`).textContent()).toMatch(/^[\d.]+ ms$/);
      expect(await isDrawn(page.locator(`[data-side=${side}] iframe`))).toBe(true);
    }
    await page.getByRole('button', { name: 'The next visit' }).click();
    await page.getByText(/^Next visits: \d+ pictures in view/).waitFor();
    await expectToBeUsable(page);
    await page.getByLabel('Compare with plain <img>').uncheck();
    await allShown(page);
  });

  test('has nothing for axe to find, and room on a small phone', async () => {
    const page = await visit();
    await expectToBeUsable(page);
    await page.locator('.tile .open').first().click();
    await page.getByText('All three places hold the same ciphertext').waitFor();
    await expectToBeUsable(page);
  });

  test('says that the server does not answer, and recovers', async () => {
    const page = await visit();
    await page.route('**/api/images', (route) => route.abort(), { times: 1 });
    await page.reload();
    await page.getByRole('heading', { name: 'The demo’s server does not answer' }).waitFor();
    await expectToBeUsable(page);
    await page.getByRole('button', { name: 'Try again' }).click();
    await allShown(page);
  });

  test('invites to add pictures when there are none', async () => {
    const page = await visit();
    const endpoint = { host: '127.0.0.1', port: 1 };
    await page.route('**/api/images', (route) => route.fulfill({ json: { endpoint, pictures: [], isGrowing: false } }));
    await page.reload();
    await page.getByRole('heading', { name: 'No pictures yet' }).waitFor();
    await expectToBeUsable(page);
  });

  test('answers neither the pages of other sites nor names that others point at this machine', async () => {
    const body = readFileSync(join(photosDir, 'brick.webp'));
    const headers = { Origin: 'https://evil.example' };
    const write = await fetch(`${demo.url}/api/images`, { method: 'POST', body, headers });
    expect(write.status).toBe(403);
    expect(await write.json()).toMatchObject({ code: 'FOREIGN_ORIGIN' });

    const rebound = get(`${demo.url}/api/images`, { headers: { Host: 'evil.example' } });
    const [response] = await once(rebound, 'response');
    response.resume();
    expect(response.statusCode).toBe(403);
  });
});

async function bytesShown(panel: Locator, place: string): Promise<Buffer> {
  const groups = panel.locator(`[data-place=${place}] pre span`);
  const hex = await groups.evaluateAll((spans) => spans.map((span) => span.firstChild?.textContent).join(''));
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function isInDataFolder(bytes: Buffer): boolean {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.some((file) => readFileSync(join(file.parentPath, file.name)).includes(bytes));
}

/** Nothing for axe to find, light and dark, and nothing wider than a small phone. */
async function expectToBeUsable(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await axeViolations(page)).toEqual([]);
  if (size) await page.setViewportSize(size);
}

function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node === document.activeElement);
}
