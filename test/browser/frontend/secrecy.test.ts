import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageRecord } from 'pixstore/backend';
import type { FrontendConfig } from 'pixstore/frontend';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { photo } from '../harness/backend.js';
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
