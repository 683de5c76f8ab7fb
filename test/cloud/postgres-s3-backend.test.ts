import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { copyStore, type ImageStore, initPixstoreBackend } from '../../src/backend/index.js';
import { postgresRows } from '../../src/stores/postgres/index.js';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { backendOn, contentsOf, last, localIn } from '../contract/copies/places.js';
import { masterKey, quietLogger } from '../support/backend.js';
import { temporaryFolder } from '../support/folders.js';
import { openPayload } from '../support/payload.js';
import { photo } from '../support/photos.js';
import { newSchema } from '../support/postgres.js';
import { resizing } from '../support/resizing.js';
import { s3Client, s3Server, useBucket } from '../support/s3/bucket.js';
import { startFaultyProxy } from '../support/s3/faulty-proxy.js';
import { smallPicture, withMorePixels } from '../support/small-picture.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];
const picture = () => withMorePixels(smallPicture(), randomBytes(50_000));

describe.skipIf(!s3Server)('a backend whose rows are in PostgreSQL, and whose blobs are in a bucket', () => {
  const { server, client, bucket, newPrefix } = useBucket();
  const url = inject('databaseUrl');
  const admin = new pg.Pool({ connectionString: url, max: 2 });
  const [processing, logger] = [resizing({ widths: { thumb: 40 }, placeholders: true }), quietLogger()];

  afterAll(() => admin.end());

  const placeForBackups = () => s3Blobs({ client, bucket, prefix: newPrefix() });

  /** A schema and a prefix, and who opens them: as they are, or over a network that can fail. */
  function newPlace() {
    const [schema, prefix] = [newSchema(), newPrefix()];
    onTestFinished(async () => {
      await admin.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    });

    function open({ connectionString = url, endpoint = server.endpoint, timeout = 5_000 } = {}): ImageStore {
      const pool = new pg.Pool({ connectionString });
      pool.on('error', () => {}); // its connections are cut
      const ownClient = s3Client(server, endpoint);
      onTestFinished(async () => {
        await pool.end();
        ownClient.destroy();
      });
      const rows = postgresRows({ pool, schema, timeout, inlineUpTo: 1_000 });
      return splitStore(rows, s3Blobs({ client: ownClient, bucket, prefix, timeout, attempts: 2 }), { logger });
    }
    return { open };
  }

  test('everything works: save, update, variants, records, batches, deletion, erasure, check', async () => {
    const { open } = newPlace();
    const store = open();
    const backend = initPixstoreBackend({
      ...{ store, masterKey, processing, logger, defaultEndpointEnabled: false, errorHandlingMode: 'throw' as const },
      limits: { folder: (dir) => (dir === 'small' ? { images: 1 } : undefined) },
    });
    onTestFinished(() => backend.close());

    const [tom, moon] = [
      await backend.saveImage(cat, { dir: 'cats', id: 'tom' }),
      await backend.saveImage(rocket, 'cats'),
    ];
    await backend.saveImage(cat, 'small');
    await expect(backend.saveImage(cat, 'small')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const updated = await backend.updateImage(tom.id, rocket);
    expect(updated.token).toBeGreaterThan(tom.token);
    expect(Buffer.from((await backend.readImage(tom.id, { variant: 'thumb' }))?.bytes ?? []).length).toBeGreaterThan(0);

    const [first, second] = await backend.getImageRecords([tom.id, moon.id], { variants: true });
    expect(first?.variants).toHaveProperty('thumb');
    const payload = await backend.customEndpointHelper(second?.id ?? '', moon.token, second?.statelessProof ?? '');
    if (!second) throw new Error('there is no record');
    expect(openPayload(Buffer.from(payload as Uint8Array), second).length).toBe(second.bytes);

    for await (const { problem } of backend.check()) expect(problem ?? null).toBe(null);
    expect(await backend.deleteImage(moon.id)).toBe(true);
    expect(await backend.deleteImages('cats')).toBe(1);
    expect(await backend.getImageRecords([tom.id, moon.id])).toEqual([null, null]);
    expect((await backend.stats()).images).toBe(1);
    expect((await backend.health()).status).toBe('ok');
  });

  test('copies of a local store there and back are what it was, and so is a backup in a bucket', async () => {
    const local = backendOn(localIn(await temporaryFolder()), { processing });
    for (const id of ['a', 'b']) await local.saveImage(cat, { id });
    await local.saveImage(rocket, { dir: 'rockets', id: 'one' });
    await local.saveImage(cat, { id: 'gone' });
    await local.deleteImage('gone');
    const before = await contentsOf(local);

    const inCloud = newPlace();
    const target = inCloud.open();
    expect(await last(copyStore({ from: local, to: target }))).toMatchObject({ step: 'done', failures: [] });
    await target.close();
    const cloud = backendOn(inCloud.open(), { processing });
    expect(await contentsOf(cloud)).toEqual(before);

    const place = placeForBackups();
    expect(await last(cloud.backUpTo(place))).toMatchObject({ step: 'done', copied: 3, problems: [] });
    expect(await last(cloud.verifyBackup(place))).toMatchObject({ sound: 3, damaged: [] });
    const restored = backendOn(newPlace().open(), { processing });
    expect(await last(restored.restoreFrom(place))).toMatchObject({ step: 'done', copied: 3, failures: [] });
    expect(await contentsOf(restored)).toEqual(before);

    const folder = await temporaryFolder();
    const back = localIn(folder);
    expect(await last(copyStore({ from: cloud, to: back }))).toMatchObject({ step: 'done', failures: [] });
    await back.close();
    expect(await contentsOf(backendOn(localIn(folder), { processing }))).toEqual(before);
  });

  test('cut off from the database or from the bucket, it says so in time, loses nothing, and goes on', async () => {
    const { hostname, port } = new URL(server.endpoint);
    expect(hostname).toBe('127.0.0.1');
    const toDatabase = await startTcpProxy(Number(new URL(url).port));
    const toBucket = await startTcpProxy(Number(port));
    onTestFinished(async () => {
      await toDatabase.close();
      await toBucket.close();
    });
    const throughProxy = new URL(url);
    throughProxy.port = String(toDatabase.port);
    const { open } = newPlace();
    const backend = backendOn(
      open({
        connectionString: throughProxy.href,
        endpoint: `http://127.0.0.1:${toBucket.port}`,
        timeout: 1_000,
      }),
    );
    const other = backendOn(open());
    const kept = new Map<string, Buffer>();
    const save = async (by = backend) => {
      const bytes = picture();
      kept.set((await by.saveImage(bytes, 'cats')).id, bytes);
    };
    await save();

    for (const side of [toDatabase, toBucket]) {
      side.part();
      const failed = await backend.saveImage(picture(), 'cats').catch((error) => error.code);
      expect(['STORAGE_FAILED', 'STORE_TIMEOUT']).toContain(failed);
      await save(other); // who is on the other side of the cut goes on
      side.mend();
      await save();
    }
    for (const [id, bytes] of kept) {
      for (const each of [backend, other]) {
        expect(Buffer.compare((await each.readImage(id))?.bytes ?? Buffer.alloc(0), bytes)).toBe(0);
      }
    }
    expect((await backend.stats()).images).toBe(kept.size);
    for await (const { problem } of other.check()) expect(problem?.kind ?? 'leftover').toBe('leftover');
  });

  test('a bucket that hangs holds up no picture in memory, nor any beside the rows', async () => {
    const proxy = await startFaultyProxy(server.endpoint);
    onTestFinished(() => proxy.close());
    const backend = backendOn(newPlace().open({ endpoint: proxy.endpoint, timeout: 1_000 }));
    const [hot, cold, small] = [picture(), picture(), smallPicture()];
    const ids = [];
    for (const bytes of [hot, cold, small]) ids.push((await backend.saveImage(bytes)).id);
    const records = await backend.getImageRecords(ids);
    const get = async (at: number) => {
      const record = records[at];
      if (!record) throw new Error('there is no record');
      const { id, token, statelessProof } = record;
      return openPayload(
        Buffer.from((await backend.customEndpointHelper(id, token, statelessProof)) as Uint8Array),
        record,
      );
    };
    await get(0);
    proxy.setFault(() => ({ kind: 'hang' }));
    let answered = 0;
    const waiting = Array.from({ length: 50 }, () =>
      get(1)
        .catch((error) => error.code)
        .finally(() => {
          answered += 1;
        }),
    );
    expect((await get(0)).equals(hot)).toBe(true);
    expect((await get(2)).equals(small)).toBe(true);
    expect(answered).toBe(0);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['STORE_TIMEOUT']));
    proxy.setFault(undefined);
    expect((await get(1)).equals(cold)).toBe(true);
  });
});
