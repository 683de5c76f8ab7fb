import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createMemoryStore,
  createPixstoreBackend,
  type LimitOptions,
  openLocalStore,
} from '../../src/backend/index.js';
import { errorResponse } from '../../src/shared/errors/error-response.js';
import { masterKey, openBackend, quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { temporaryFolder } from '../support/folders.js';
import { photo } from '../support/photos.js';
import { resizing } from '../support/resizing.js';
import { placeStore3 } from '../support/store-3.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer]; // 305 and 54 kB

describe('a folder with a limit', () => {
  test('takes no image more, until one is deleted', async () => {
    const backend = await openBackend({ limits: { folder: { images: 2 } } });
    for (const id of ['a', 'b']) await backend.saveImage(rocket, { dir: 'anna', id });
    const error = await failure('QUOTA_EXCEEDED', () => backend.saveImage(rocket, { dir: 'anna', id: 'c' }));
    expect(errorResponse(error).status).toBe(413); // whoever saves may read why
    await failure('IMAGE_ID_TAKEN', () => backend.saveImage(rocket, { dir: 'anna', id: 'a' }));
    await backend.saveImage(rocket, { dir: 'bert' });
    await backend.deleteImage('anna:a');
    await backend.saveImage(rocket, { dir: 'anna', id: 'c' });
    await failure('QUOTA_EXCEEDED', () => backend.saveImage(rocket, 'anna'));
    await backend.deleteImages('anna');
    await backend.saveImage(rocket, 'anna');
  });

  test('takes no more bytes, of variants too, and updates that fit', async () => {
    const limit = { bytes: 400_000 };
    const backend = await openBackend({ limits: { folder: limit }, processing: resizing({ widths: { thumb: 40 } }) });
    await backend.saveImage(rocket, { dir: 'anna', id: 'a' });
    await backend.updateImage('anna:a', cat);
    await failure('QUOTA_EXCEEDED', () => backend.saveImage(cat, { dir: 'anna', id: 'b' }));
    await backend.saveImage(rocket, { dir: 'anna', id: 'b' });
    await failure('QUOTA_EXCEEDED', () => backend.updateImage('anna:b', cat));
    expect((await backend.readImage('anna:b'))?.bytes.length).toBe(rocket.length);
    expect(await backend.store.check()).toEqual([]);
    const used = await backend.store.folderUsage?.('anna');
    expect(used?.images).toBe(2);
    expect(used?.bytes).toBeGreaterThan(cat.length + rocket.length);
    expect(used?.bytes).toBeLessThanOrEqual(limit.bytes);
  });

  test('may have another one by its name, or none', async () => {
    const asked: string[] = [];
    const folder = (dir: string) => {
      asked.push(dir);
      return dir.startsWith('trial-') ? { images: 1 } : undefined;
    };
    const backend = await openBackend({ limits: { folder } });
    await backend.saveImage(rocket, 'trial-1');
    await failure('QUOTA_EXCEEDED', () => backend.saveImage(rocket, 'trial-1'));
    for (let index = 0; index < 3; index += 1) await backend.saveImage(rocket);
    expect(new Set(asked)).toEqual(new Set(['trial-1', '']));
  });

  test('is kept between processes that save at the same moment', async () => {
    const place = await temporaryFolder();
    const paths = { databasePath: join(place, 'db.sqlite'), imageRootDir: join(place, 'images') };
    const open = () => {
      const backend = createPixstoreBackend({
        ...{ ...paths, masterKey, defaultEndpointEnabled: false, errorHandlingMode: 'throw', logger: quietLogger() },
        limits: { folder: { images: 5 } },
      });
      onTestFinished(() => backend.close());
      return backend;
    };
    const backends = [open(), open()];
    const saves = Array.from({ length: 20 }, (_, index) => backends[index % 2]?.saveImage(rocket, 'anna'));
    const settled = await Promise.allSettled(saves);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect((await backends[0]?.stats())?.images).toBe(5);
  });

  test('counts what is imported, migrated and rebuilt, and says of each what has no room', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend({ limits: { folder: { images: 3 } } });
    const codes: (string | undefined)[] = [];
    for await (const { id, error } of backend.migrateFromV3(from)) if (id.startsWith('cats:')) codes.push(error?.code);
    expect(codes.filter((code) => code === 'QUOTA_EXCEEDED')).toHaveLength(1);
    const files = ['a', 'b'].map((name) => ({ name: `cats/${name}.jpg`, read: () => rocket }));
    for await (const { outcome, error } of backend.importImages(files)) {
      expect([outcome, error?.code]).toEqual(['failed', 'QUOTA_EXCEEDED']);
    }

    const store = createMemoryStore();
    const on = { store, masterKey };
    await (await openBackend(on)).saveImage(rocket, { dir: 'anna', id: 'a' });
    const limits = { folder: { bytes: rocket.length + 100 } };
    const rebuilding = await openBackend({ ...on, limits, processing: resizing({ widths: { thumb: 40 } }) });
    for await (const { outcome, error } of rebuilding.rebuild()) {
      expect([outcome, error?.code]).toEqual(['failed', 'QUOTA_EXCEEDED']);
    }
  });

  test('needs a store that keeps quotas, and whole numbers', async () => {
    const store = createMemoryStore();
    const without = { ...store, supports: { syncRecords: true, persistence: false } };
    const backend = await openBackend({ store: without, masterKey, limits: { folder: { images: 1 } } });
    await failure('CONFIG_INVALID', () => backend.saveImage(rocket));
    const wrong = [
      { folder: 5 },
      { folder: { images: -1 } },
      { folder: { images: 1.5 } },
      { folder: { count: 1 } },
      { all: {} },
      7,
    ];
    for (const limits of wrong) await failure('CONFIG_INVALID', () => openBackend({ limits: limits as LimitOptions }));
    const odd = await openBackend({ limits: { folder: (() => Promise.resolve({ images: 1 })) as never } });
    await failure('CONFIG_INVALID', () => odd.saveImage(rocket));
  });
});

describe('room on disks', () => {
  test('is said to be little before there is none', async () => {
    const backend = await openBackend({ lowDisk: { bytes: Number.MAX_SAFE_INTEGER, percent: 100 } });
    const health = await backend.health();
    expect(health?.status).toBe('degraded');
    expect(health?.problems).toHaveLength(1); // both folders are on one disk
    expect(health?.problems[0]).toMatch(/^The disk of imageRootDir has [\d,]+ MB left of [\d,]+ MB: free some space/);
    const without = await openBackend({ lowDisk: { bytes: 0 } });
    expect(await without.health()).toEqual({ status: 'ok', problems: [] });
  });

  test('has thresholds that are checked', async () => {
    for (const lowDisk of [{ bytes: -1 }, { percent: 101 }, { free: 1 }, 5, null]) {
      await failure('CONFIG_INVALID', () => openBackend({ lowDisk: lowDisk as never }));
    }
    const place = await temporaryFolder();
    const paths = { databasePath: join(place, 'db.sqlite'), imageRootDir: join(place, 'images') };
    await failure('CONFIG_INVALID', async () => openLocalStore({ ...paths, lowDisk: { percent: -1 } }));
  });
});
