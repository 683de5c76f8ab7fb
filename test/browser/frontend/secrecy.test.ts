import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageRecord } from 'pixstore/backend';
import type { FrontendConfig } from 'pixstore/frontend';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { markedPicture } from '../../support/marked-picture.js';
import { photo } from '../harness/backend.js';
import { leadTo, serveOwnOrigin } from '../harness/own-origin.js';
import { openProfile } from '../harness/profile.js';
import { eventually, launchOptions, openTab, useWorld } from '../harness/world.js';

const world = useWorld();

/** A browser that showed two images, one of them updated since its record was made; where it kept its profile. */
async function visit(config: FrontendConfig) {
  const [first, second] = [await photo('coffee.webp'), await photo('hubble.jpg')];
  const plain = await world.backend.save(first);
  const old = await world.backend.save(await photo('brick.webp'));
  const records = [plain, old];
  const fresh = await world.backend.update(old.id, second);

  const profile = await mkdtemp(join(tmpdir(), 'pixstore-profile-'));
  onTestFinished(() => rm(profile, { recursive: true, force: true }));
  const context = await chromium.launchPersistentContext(profile, await launchOptions());
  const tab = await openTab(world, config, context);
  for (const record of records) {
    expect(await tab.evaluate((record) => helpers.get(record), record)).toHaveProperty('sha256');
  }
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toHaveLength(2);
  const database = Buffer.from(await tab.evaluate(dumpDatabase), 'base64');
  await context.close();

  const secrets = [...records, fresh].flatMap(secretsOf);
  const plaintexts = [first, second].map((bytes) => bytes.subarray(9000, 9032));
  return { places: [database, ...(await filesIn(profile))], secrets, plaintexts };
}

test('an encrypted cache: neither IndexedDB nor the profile holds a key, a proof or a byte of a picture', async () => {
  const { places, secrets, plaintexts } = await visit({});
  expect(found(secrets, places)).toEqual([]);
  expect(found(plaintexts, places)).toEqual([]);
});

test('a decrypted cache holds pictures (so the search finds what is there), but no key and no proof', async () => {
  const { places, secrets, plaintexts } = await visit({ frontendCacheContents: 'decrypted' });
  expect(found(secrets, places)).toEqual([]);
  expect(found(plaintexts, places)).toHaveLength(plaintexts.length);
});

test('going back to an encrypted cache deletes the pictures of the decrypted one', async () => {
  const record = await world.backend.save(await photo('coffee.webp'));
  const before = await openTab(world, { frontendCacheContents: 'decrypted' });
  await before.evaluate((record) => helpers.get(record), record);
  await eventually(() => before.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  const after = await openTab(world, {}, before.context());
  expect(await after.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  expect(await after.evaluate(() => helpers.cachedIds())).toEqual([]);
});

// So small that a browser keeps rows of them in its log, so large that it keeps each in a file of its own.
const sizes = [300, 8_000, 200_000];
const perSize = 15;

/**
 * A gallery of marked pictures of all sizes in a browser with a profile, every picture shown, some of them twice.
 *
 * @param isOwn - does the page come from where the images do? Then proofs are sent in headers of GET requests as well.
 */
async function showGallery(config: FrontendConfig, isOwn: boolean) {
  const app = await serveOwnOrigin(world);
  const mark = randomBytes(16);
  const records: ImageRecord[] = [];
  for (const size of sizes) {
    for (let at = 0; at < perSize; at += 1) {
      records.push((await app.backend.saveImage(markedPicture(mark, size))) as ImageRecord);
    }
  }
  // The first record is old by now: it is answered with the key.
  const [{ id }] = records as [ImageRecord];
  const fresh = (await app.backend.updateImage(id, markedPicture(mark, 8_000))) as ImageRecord;
  const browser = await openProfile();
  const tab = await openTab(world, { ...leadTo(app), ...config }, browser.context, isOwn ? app.origin : undefined);
  await tab.evaluate(async (records) => {
    const [first, second] = records;
    if (first) await frontend.getImage(first);
    if (second) await frontend.getImageUrl(second).then((shown) => shown?.release());
    await frontend.getImages(records);
  }, records);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toHaveLength(records.length);
  return { mark, records, secrets: [...records, fresh].flatMap(secretsOf), browser, tab };
}

test.each([
  ["of the images' own origin", true],
  ['of another', false],
])(
  'an encrypted cache in a page %s: no file of the profile ever holds a key, a proof or a piece of a picture, small or large',
  async (_, isOwn) => {
    const { mark, records, secrets, browser, tab } = await showGallery({}, isOwn);
    const needles = [mark, ...secrets];
    const ids = records.map(({ id }) => Buffer.from(id));
    expect(await browser.found(ids), 'the search finds what is there').not.toEqual([]);
    expect(await browser.found(needles)).toEqual([]);
    await tab.evaluate(() => frontend.clearImageCache());
    expect(await browser.found(needles)).toEqual([]);
    await tab.evaluate((records) => frontend.getImages(records).then(() => undefined), records);
    await browser.kill();
    expect(await browser.found(needles)).toEqual([]);
  },
  120_000,
);

// Chromium removes rows from its files when it next puts them in order, and nothing makes it.
test('of a decrypted cache small pictures stay in files of the profile after a logout, as SECURITY.md says', async () => {
  const { mark, secrets, browser, tab } = await showGallery({ frontendCacheContents: 'decrypted' }, false);
  await tab.evaluate(() => frontend.clearImageCache());
  expect(await tab.evaluate(() => helpers.cachedIds())).toEqual([]);
  await browser.context.close();
  expect(await browser.bytesOnDisk(mark)).toBeGreaterThan(0);
  expect(await browser.found(secrets)).toEqual([]);
}, 120_000);

/** A key and a proof, in every form they could have been written down in. */
function secretsOf({ meta, statelessProof }: ImageRecord): Buffer[] {
  const key = Buffer.from(meta.key, 'base64');
  const texts = [meta.key, key.toString('hex'), statelessProof, encodeURIComponent(statelessProof)];
  return [key, ...texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')])];
}

const found = (needles: Buffer[], places: Buffer[]) =>
  needles.filter((needle) => places.some((place) => place.includes(needle)));

async function filesIn(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))));
}

/** Runs in the page: every value of every row of every database, in base64; buffers whole, not only what a view shows. */
async function dumpDatabase(): Promise<string> {
  const parts: BlobPart[] = [];
  async function collect(value: unknown): Promise<void> {
    if (value instanceof Blob) parts.push(await value.arrayBuffer());
    else if (value instanceof ArrayBuffer) parts.push(value);
    else if (ArrayBuffer.isView(value)) parts.push(value.buffer as ArrayBuffer);
    else if (typeof value === 'object' && value) for (const inner of Object.values(value)) await collect(inner);
    else parts.push(`${String(value)} `);
  }
  for (const { name = '' } of await indexedDB.databases()) await collect(await helpers.readAll(name));
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
