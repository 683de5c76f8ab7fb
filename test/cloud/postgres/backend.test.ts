import pg from 'pg';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import { encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import { splitStore } from '../../../src/stores/split/split-store.js';
import { masterKey, quietLogger } from '../../support/backend.js';
import { framesOf } from '../../support/frames.js';
import { markedPicture } from '../../support/marked-picture.js';
import { counted, openRows } from '../../support/postgres.js';
import { smallPicture } from '../../support/small-picture.js';

const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

afterAll(() => pool.end());

/** A backend on PostgreSQL, and what its database was asked. */
function openBackend({ inlineUpTo = 16 * 1024, memoryCacheBytes = 64 * 1024 * 1024 } = {}) {
  const { asked, pool: countedPool } = counted(pool);
  const { open, destroy } = openRows(pool, { pool: countedPool, inlineUpTo });
  const blobs = createMemoryBlobs();
  let blobReads = 0;
  const countedBlobs = {
    ...blobs,
    read: (name: string, size: number) => {
      blobReads += 1;
      return blobs.read(name, size);
    },
  };
  const another = () =>
    createPixstoreBackend({
      store: splitStore(open(), countedBlobs, { logger: quietLogger() }),
      ...{ masterKey, memoryCacheBytes, defaultEndpointEnabled: false, errorHandlingMode: 'throw' as const },
      logger: quietLogger(),
    });
  const backend = another();
  onTestFinished(async () => {
    await backend.close();
    await destroy();
  });
  return { backend, another, asked, blobReads: () => blobReads };
}

const picture = (size: number) => markedPicture(Buffer.alloc(64, 1), size);

test('everything that a backend can do works over PostgreSQL', async () => {
  const { backend, another } = openBackend();
  const [small, large] = [smallPicture(), picture(200_000)];
  const first = await backend.saveImage(small, { dir: 'cats', id: 'tom' });
  const second = await backend.saveImage(large, { dir: 'cats' });
  await expect(backend.saveImage(small, { dir: 'cats', id: 'tom' })).rejects.toMatchObject({ code: 'IMAGE_ID_TAKEN' });
  expect(Buffer.from((await backend.readImage(first.id))?.bytes ?? [])).toEqual(small);
  expect(Buffer.from((await backend.readImage(second.id))?.bytes ?? [])).toEqual(large);

  const updated = await backend.updateImage(first.id, picture(30_000));
  expect(updated.token).toBeGreaterThan(first.token);
  const [record, none] = await backend.getImageRecords([first.id, 'cats:none']);
  expect(record).toMatchObject({ id: first.id, token: updated.token });
  expect(none).toBe(null);

  const ids: string[] = [];
  for await (const { id } of backend.listImages({ dir: 'cats' })) ids.push(id);
  expect(ids.sort()).toEqual([first.id, second.id].sort());

  for await (const _ of backend.rotateMasterKey({ compromised: true })) {
    // Every key is sealed anew.
  }
  expect((await backend.readImage(second.id))?.token).toBe(second.token);

  const other = another();
  onTestFinished(() => other.close());
  expect((await other.readImage(first.id))?.token).toBe(updated.token);
  expect(await other.deleteImage(first.id)).toBe(true);
  expect(await backend.deleteImage(first.id)).toBe(false);
  expect(await backend.deleteImages('cats')).toBe(1);
  expect(await other.getImageRecords([second.id])).toEqual([null]);
  expect((await backend.stats()).images).toBe(0);
  expect((await backend.health()).status).toBe('ok');
});

test('getImageRecord cannot answer at once, and says what can', async () => {
  const { backend } = openBackend();
  const { id } = await backend.saveImage(smallPicture());
  expect(() => backend.getImageRecord(id)).toThrow(
    expect.objectContaining({ code: 'SYNC_UNSUPPORTED', message: expect.stringContaining('getImageRecords') }),
  );
  expect(() => backend.imageExists(id)).toThrow(expect.objectContaining({ code: 'SYNC_UNSUPPORTED' }));
  expect((await backend.getImageRecords([id]))[0]?.id).toBe(id);
});

/** Saves so many, and gives what a batch asks for them with. */
async function savedBatch(backend: ReturnType<typeof openBackend>['backend'], count: number, size: number) {
  const saved = await Promise.all(Array.from({ length: count }, () => backend.saveImage(picture(size), 'cats')));
  const records = await backend.getImageRecords(saved.map(({ id }) => id));
  const entries = records.map((record) => ({
    id: record?.id ?? '',
    token: record?.token ?? 0,
    proof: record?.statelessProof ?? '',
  }));
  return { ids: saved.map(({ id }) => id), entries, body: encodeBatchRequest(entries) };
}

async function collect(frames: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of frames) pieces.push(piece);
  return Buffer.concat(pieces);
}

const lookUpsIn = (asked: readonly string[]) => asked.filter((text) => /\.parts p/.test(text)).length;

test.each([
  ['beside their rows', 5_000, 0],
  ['in blobs', 50_000, 50],
])('50 images %s take one query in a batch, and none of their ciphertexts is read twice', async (_, size, reads) => {
  const { backend, asked, blobReads } = openBackend();
  const { body, ids } = await savedBatch(backend, 50, size);
  for (const expectedReads of [reads, 0]) {
    const before = blobReads();
    asked.length = 0;
    const frames = framesOf(await collect(await backend.customEndpointBatchHelper(body)), 50);
    expect(frames.every(([state]) => state === 0)).toBe(true);
    expect(lookUpsIn(asked)).toBe(1);
    expect(blobReads() - before).toBe(expectedReads);
  }
  asked.length = 0;
  expect((await backend.getImageRecords(ids)).every((record) => record !== null)).toBe(true);
  expect(lookUpsIn(asked)).toBe(1);
  asked.length = 0;
  expect(await backend.getImageRecords(ids, { variants: true })).toHaveLength(50);
  expect(lookUpsIn(asked)).toBe(1);
});

test('256 images take four queries in a batch', async () => {
  const { backend, asked } = openBackend();
  const { body } = await savedBatch(backend, 256, 500);
  asked.length = 0;
  framesOf(await collect(await backend.customEndpointBatchHelper(body)), 256);
  expect(lookUpsIn(asked)).toBe(4);
});

test('images that are asked for one by one take a query each at most, and those of one moment one together', async () => {
  const { backend, asked } = openBackend();
  const { entries } = await savedBatch(backend, 20, 50_000);
  asked.length = 0;
  for (const { id, token, proof } of entries.slice(0, 5)) await backend.customEndpointHelper(id, token, proof);
  expect(lookUpsIn(asked)).toBe(5);
  asked.length = 0;
  await Promise.all(entries.map(({ id, token, proof }) => backend.customEndpointHelper(id, token, proof)));
  expect(lookUpsIn(asked)).toBe(1);
});
