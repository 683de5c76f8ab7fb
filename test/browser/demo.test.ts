import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Picture } from '../../demo/answers.js';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { freePort, type RunningDemo, removeDataDir, runDemo, temporaryDataDir } from './demo-runner.js';

interface Caption {
  file: string;
  title: string;
  alt: string;
}

const photosDir = 'demo/photos';
const captions: Caption[] = JSON.parse(readFileSync(join(photosDir, 'captions.json'), 'utf8'));

let demo: RunningDemo;
let dataDir: string;
let browser: Browser;

beforeAll(async () => {
  dataDir = await temporaryDataDir();
  demo = await runDemo(await freePort(), dataDir);
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

/** A page of a visitor who was never here, as soon as its pictures begin to appear. */
async function visit(): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(demo.url);
  await page.locator('.card[data-id]').first().waitFor();
  return page;
}

async function allShown(page: Page): Promise<void> {
  await page.locator('.card[data-id]').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy], .card:not([data-state=shown])'));
}

/** The cache is written in the background: waits until it holds every picture of the page. */
async function allCached(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const request = indexedDB.open('pixstore');
    await new Promise((resolve) => request.addEventListener('success', resolve));
    const count = request.result.transaction('images').objectStore('images').count();
    await new Promise((resolve) => count.addEventListener('success', resolve));
    request.result.close();
    return count.result === document.querySelectorAll('.card').length;
  });
}

/** Adds a picture of the test's own, so that tests do not depend on each other. */
async function addPicture(title: string, file = 'camera.webp'): Promise<Picture> {
  const body = readFileSync(join(photosDir, file));
  return (await fetch(`${demo.url}/api/images?name=${title}.webp`, { method: 'POST', body })).json();
}

function cardOf(page: Page, title: string): Locator {
  return page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) });
}

function widthOf(image: Locator): Promise<number> {
  return image.evaluate((element) => (element as HTMLImageElement).naturalWidth);
}

async function notice(page: Page, text: string): Promise<void> {
  await page.locator('#notice.shown', { hasText: text }).waitFor();
}

function photo(file: string, name = file) {
  return { name, mimeType: 'application/octet-stream', buffer: readFileSync(join(photosDir, file)) };
}

describe('the demo gallery', () => {
  test('shows every sample photo, decrypted and described, and breaks no rule of its content security policy', async () => {
    const page = await visit();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.reload();
    await allShown(page);

    for (const { title, alt } of captions) {
      const image = cardOf(page, title).getByAltText(alt);
      expect(await widthOf(image), title).toBeGreaterThan(0);
    }
    expect(complaints).toEqual([]);
  });

  test('shows placeholders until pictures are there, and then the smallest that fill their tiles', async () => {
    const page = await visit();
    await allShown(page);
    const asked: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/pixstore-image**', async (route) => {
      asked.push(route.request().postData() ?? '');
      await held;
      await route.continue();
    });
    await page.locator('#bar').getByRole('button', { name: 'Network' }).click();
    await page.reload();
    const tile = cardOf(page, 'Espresso').locator('.open');
    await tile.waitFor();
    const background = () => tile.evaluate((element) => getComputedStyle(element).backgroundImage);
    await expect.poll(background).toMatch(/^url\("data:image\/png/);
    letGo();
    await allShown(page);
    // Squares of up to 240 pixels; a photo that is wider than high has to be larger for one.
    const ids = asked.join().match(/"gallery:[^"]+"/g) ?? [];
    expect(ids.length).toBeGreaterThanOrEqual(captions.length);
    expect(ids.filter((id) => !/\.(large-)?tile"$/.test(id))).toEqual([]);
    expect(ids.some((id) => id.endsWith('.tile"'))).toBe(true);
  });

  test('says where each picture came from: network, memory, and disk cache after a reload', async () => {
    const page = await visit();
    await allShown(page);
    const source = cardOf(page, 'Chelsea').locator('.source');
    expect(await source.textContent()).toMatch(/^Network · [\d.]+ ms$/);

    const reloadFrom = (name: string) => page.locator('#bar').getByRole('button', { name }).click();
    await reloadFrom('Memory');
    await page.getByText(/^Loaded (\d+) pictures in [\d.]+ ms: \1 from memory$/).waitFor();
    expect(await source.textContent()).toMatch(/^Memory · <? ?[\d.]+ ms$/);

    await allCached(page);
    await page.reload();
    await page.getByText(/^Loaded (\d+) pictures in [\d.]+ ms: \1 from the disk cache$/).waitFor();
    expect(await source.textContent()).toMatch(/^Disk cache · [\d.]+ ms$/);

    await reloadFrom('Network');
    await page.getByText(/^Loaded (\d+) pictures in [\d.]+ ms: \1 from the network$/).waitFor();
    await allCached(page);
    await reloadFrom('Disk cache');
    await page.getByText(/^Loaded (\d+) pictures in [\d.]+ ms: \1 from the disk cache$/).waitFor();
  });

  test('adds pictures by button, shows progress and announces them', async () => {
    const page = await visit();

    await page
      .locator('#add-input')
      .setInputFiles([photo('brick.webp', 'chosen-1.webp'), photo('cat.png', 'chosen-2.png')]);

    await page.locator('.upload', { hasText: 'chosen-1.webp' }).getByRole('progressbar').waitFor();
    await notice(page, '“chosen-2” was added.');
    expect(await widthOf(cardOf(page, 'chosen-1').locator('img'))).toBe(320);
    expect(await widthOf(cardOf(page, 'chosen-2').locator('img'))).toBe(451);
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
    expect(await widthOf(cardOf(page, 'dropped').locator('img'))).toBe(640);
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
    const card = page.locator(`[data-id="${id}"]`);
    await card.and(page.locator('[data-state=shown]')).waitFor();
    expect(await widthOf(card.locator('img'))).toBe(320);

    const choosing = page.waitForEvent('filechooser');
    await card.getByRole('button', { name: 'Replace “to-replace”' }).click();
    await (await choosing).setFiles(photo('rocket.jpg', 'replacement.jpg'));

    await notice(page, '“to-replace” was replaced by “replacement”.');
    expect(await widthOf(card.locator('img'))).toBe(640);
    expect(await card.getByRole('heading').textContent()).toBe('replacement');
  });

  test('deletes a picture when asked twice, and keeps it on Escape', async () => {
    const { id } = await addPicture('to-delete');
    const page = await visit();
    const card = page.locator(`[data-id="${id}"]`);

    await card.getByRole('button', { name: 'Delete “to-delete”' }).click();
    await page.getByRole('dialog', { name: 'Delete “to-delete”?' }).waitFor();
    await page.keyboard.press('Escape');
    expect((await fetch(`${demo.url}/api/images/${id}`)).status).toBe(200);

    await card.getByRole('button', { name: 'Delete “to-delete”' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await notice(page, '“to-delete” was deleted');
    expect(await card.count()).toBe(0);
    expect((await fetch(`${demo.url}/api/images/${id}`)).status).toBe(404);
  });

  test('shows the ciphertext that really lies on disk, the same in all places, and no secret', async () => {
    const { id } = await addPicture('inspected', 'cat.png');
    const page = await visit();
    await page.locator(`[data-id="${id}"] .open`).click();
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
    const { id } = await addPicture('inspected-later', 'cat.png');
    const page = await visit();
    await page.locator(`[data-id="${id}"] .open`).click();
    await page.evaluate(() => {
      globalThis.requestIdleCallback = (callback) => Number(setTimeout(callback, 700));
    });
    const panel = page.getByRole('dialog', { name: 'inspected-later' });
    await panel.getByRole('button', { name: 'Network' }).click();
    await panel.locator('.source', { hasText: 'Network' }).waitFor();
    await panel.getByText('All three places hold the same ciphertext').waitFor({ timeout: 5000 });
  });

  test('works by keyboard', async () => {
    const page = await visit();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const opener = page.locator('.card .open').first();
    expect(await isFocused(opener)).toBe(true);

    await page.keyboard.press('Enter');
    expect(await isFocused(page.getByRole('button', { name: 'Close', exact: true }))).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('#detail').isVisible()).toBe(false);
    expect(await isFocused(opener)).toBe(true);

    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('aria-label')).toMatch(/^Replace/);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('aria-label')).toMatch(/^Delete/);
    await page.keyboard.press('Enter');
    expect(await isFocused(page.getByRole('button', { name: 'Keep', exact: true }))).toBe(true);
  });

  test('asks for a fresh record when a proof has expired', async () => {
    const page = await visit();
    await allShown(page);
    const invalidProof = Buffer.of(1, 0, 0, 0, 5); // the frame of one image
    const headers = { 'Access-Control-Allow-Origin': '*' };
    await page.route(
      '**/pixstore-image',
      (route) => {
        const { images } = JSON.parse(route.request().postData() ?? '') as { images: unknown[] };
        return route.fulfill({ body: Buffer.concat(images.map(() => invalidProof)), headers });
      },
      { times: 1 },
    );
    const asked = page.waitForRequest(/\/api\/images\/.+/);

    await page.locator('#bar').getByRole('button', { name: 'Network' }).click();

    await asked;
    await page.getByText(/^Loaded (\d+) pictures in \d+ ms: \1 from the network$/).waitFor();
    expect(await page.locator('.card[data-state=failed]').count()).toBe(0);
  });

  test('says that the server does not answer, and recovers', async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.route('**/api/images', (route) => route.abort(), { times: 1 });
    await page.goto(demo.url);

    await page.getByRole('heading', { name: 'The demo’s server does not answer' }).waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await allShown(page);
  });

  test('invites to add pictures when there are none', async () => {
    const page = await visit();
    const endpoint = { host: '127.0.0.1', port: 1 };
    await page.route('**/api/images', (route) => route.fulfill({ json: { endpoint, pictures: [] } }));
    await page.reload();
    await page.getByRole('heading', { name: 'No pictures yet' }).waitFor();
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

function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node === document.activeElement);
}
