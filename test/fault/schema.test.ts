import { createHash } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/backend.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { photo } from '../support/photos.js';
import { openPayload } from './kill/picture.mjs';
import { backendOf } from './kill/settings.mjs';
import { quickFolder } from './support/quick-folder.js';

interface Expected {
  images: { id: string; token: number; bytes: number; sha256: string }[];
  removed: { id: string; token: number };
}

/** Written by the first version that had this schema, with the master key of 32 bytes of 7. Never to be made again. */
const fixture = fileURLToPath(new URL('../fixtures/schema-1', import.meta.url));

test('a store written with schema 1 opens, gives every image back, and goes on', async () => {
  const { images, removed }: Expected = JSON.parse(await readFile(join(fixture, 'expected.json'), 'utf8'));
  const folder = await quickFolder();
  await cp(fixture, folder, { recursive: true });
  const settings = backendOf(folder);
  const store = openLocalStore({ ...settings, writer: 'inline' });
  const backend = createPixstoreBackend({ ...settings, store });

  for (const { id, token, bytes, sha256 } of images) {
    const record = backend.getImageRecord(id);
    expect(record?.token).toBe(token);
    const payload = await backend.customEndpointHelper(id, undefined, record?.statelessProof);
    const { image } = openPayload(payload as Uint8Array);
    expect(image).toHaveLength(bytes);
    expect(createHash('sha256').update(image).digest('hex')).toBe(sha256);
  }
  expect(backend.getImageRecord(removed.id)).toBeNull();
  expect(await store.lastRemovedToken()).toBe(removed.token);
  expect(await store.usage()).toMatchObject({ images: images.length });
  expect(await store.check()).toEqual([]);

  const [first] = images as [Expected['images'][0]];
  const updated = await backend.updateImage(first.id, photo('coffee.webp'));
  expect(updated?.token).toBeGreaterThan(first.token);
  await backend.close();
});
