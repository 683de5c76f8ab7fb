import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, inject } from 'vitest';
import { axeViolations } from '../support/axe.js';
import { cachedImages } from '../support/cached-images.js';
import { root } from './run.js';
import { choose, packagesIn } from './small-app.js';

// The applications of examples/, with the packed package.

const { app: installed } = inject('packed');

/** An example's package.json, as far as it is looked at here. */
interface Manifest {
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export const exampleFolder = (name: string) => join(root, 'examples', name);
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

/**
 * A copy of an example that has installed what its package.json names, and nothing else.
 *
 * @param tools - a folder that has installed what the project itself has not
 */
export async function createExample(name: string, tools: string = root): Promise<string> {
  const folder = await mkdtemp(join(dirname(installed), `${name}-`));
  await cp(exampleFolder(name), folder, { recursive: true, filter: (path) => !/node_modules|[\\/]data$/.test(path) });
  // A copy, which finds what it may use, such as React, beside it.
  await cp(join(installed, 'node_modules/pixstore'), join(folder, 'node_modules/pixstore'), { recursive: true });
  const link = (from: string, to: string) => symlink(from, join(folder, 'node_modules', to), 'junction');
  const { dependencies, devDependencies }: Manifest = await readJson(join(folder, 'package.json'));
  const wanted = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => name !== 'pixstore');
  const scopes = new Set(wanted.flatMap(([name]) => (name.includes('/') ? [name.split('/')[0] ?? ''] : [])));
  const inTools = new Set(tools === root ? [] : await packagesIn(tools));
  for (const name of [...scopes, ...wanted.map(([name]) => name).filter((name) => !name.includes('/'))]) {
    await link(join(inTools.has(name) ? tools : root, 'node_modules', name), name);
  }
  for (const [name, range] of wanted) {
    const { version } = await readJson(join(folder, 'node_modules', name, 'package.json'));
    expect(`${name} ${range}`, 'what the example names is what is tested').toMatch(
      new RegExp(`^${name} \\^?${version.split('.')[0]}\\.`),
    );
  }
  // What pixstore itself depends on.
  for (const name of await packagesIn(installed)) {
    if (name !== 'pixstore' && !wanted.some((one) => one[0] === name)) {
      await link(join(installed, 'node_modules', name), name);
    }
  }
  await link(join(tools, 'node_modules/.bin'), '.bin');
  return folder;
}

/** Waits until the page shows so many pictures, each of them drawn. */
export async function seePictures(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (count) =>
      document.querySelectorAll('.tile').length === count &&
      document.querySelectorAll('.picture[data-status=loaded]').length === count,
    count,
  );
  for (const picture of await page.locator('.picture').all()) {
    // However it is drawn: a tile of one colour has an entropy of 0.
    const entropy = async () => (await sharp(await picture.screenshot()).stats()).entropy;
    await expect.poll(entropy).toBeGreaterThan(2);
  }
}

/** Nothing for axe to find, light and dark, and nothing wider than a small phone. */
export async function expectToBeUsable(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await axeViolations(page)).toEqual([]);
  if (size) await page.setViewportSize(size);
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** The way through a gallery that all examples have: from the login to the logout. */
export async function expectGallery(page: Page, user: string): Promise<void> {
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  expect(await page.evaluate(async () => (await fetch('/api/photos')).status)).toBe(401);
  await expectToBeUsable(page);

  // By keyboard.
  await button(page, user).focus();
  await page.keyboard.press('Enter');
  await page.getByText('No photos yet.').waitFor();
  await expectToBeUsable(page);

  await choose(page, 'cat.png');
  await seePictures(page, 1);
  const arrive = await holdUploads(page);
  await choose(page, 'coffee.webp');
  await page.getByRole('progressbar', { name: 'Sending' }).waitFor();
  arrive();
  await seePictures(page, 2);
  await expect.poll(() => page.getByRole('progressbar').count()).toBe(0);
  await page.setInputFiles('input[type=file]', { name: 'note.png', mimeType: 'image/png', buffer: Buffer.from('a') });
  await page.getByRole('alert').filter({ hasText: 'note.png: ' }).waitFor();
  await expectToBeUsable(page);
  await page.reload();
  await seePictures(page, 2);
  await expectFailuresToBeShown(page, 2);

  await button(page, 'Log out').click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await expect.poll(() => page.locator('.tile').count()).toBe(0);
  await expect.poll(() => cachedImages(page)).toBe(0);
}

/** Lets uploads begin and not arrive, until what it gives is called. */
async function holdUploads(page: Page): Promise<() => void> {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/api/photos', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  return letGo;
}

/** Pictures that do not come say so, and come when they are asked for again. */
export async function expectFailuresToBeShown(page: Page, count: number): Promise<void> {
  await page.evaluate(() => indexedDB.deleteDatabase('pixstore'));
  await page.route('**/images/**', (route) => route.fulfill({ status: 404 }));
  await page.route('**/images', (route) => route.fulfill({ status: 404 }));
  await page.reload();
  await page.waitForFunction((count) => document.querySelectorAll('[data-status=error]').length === count, count);
  await page.unrouteAll();
  for (let left = count; left > 0; left -= 1) await button(page, 'Try again').first().click();
  await seePictures(page, count);
}
