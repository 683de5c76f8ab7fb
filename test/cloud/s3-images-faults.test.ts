import { randomBytes } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WirePayloadState } from '../../src/shared/index.js';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { createObjectBlobs } from '../../src/stores/objects/object-blobs.js';
import { overS3 } from '../../src/stores/s3/s3-objects.js';
import type { BlobStore } from '../../src/stores/split/blob-store.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend, quietLogger } from '../support/backend.js';
import { openPayload } from '../support/payload.js';
import { s3Client, s3Server, useBucket } from '../support/s3/bucket.js';
import { type FaultyProxy, startFaultyProxy } from '../support/s3/faulty-proxy.js';
import { smallPicture, withMorePixels } from '../support/small-picture.js';
import { createClock, hours } from '../support/split/clock.js';

describe.skipIf(!s3Server)('images in an object store that fails', () => {
  const { server, client, bucket, newPrefix } = useBucket();
  let proxy: FaultyProxy;
  let prefix: string;

  beforeAll(async () => {
    proxy = await startFaultyProxy(server.endpoint);
  });
  afterAll(() => proxy.close());
  beforeEach(() => {
    proxy.setFault(undefined);
    prefix = newPrefix();
  });

  function openBlobs(timeout = 5_000): BlobStore {
    const store = overS3({ client: s3Client(server, proxy.endpoint), bucket, isConditional: true });
    return createObjectBlobs(store, { prefix, timeout, attempts: 3, pause: async () => {} });
  }

  const picture = (bytes = 50_000) => withMorePixels(smallPicture(), randomBytes(bytes));

  /** A backend whose pictures are all in the bucket. */
  async function open(timeout?: number) {
    const store = splitStore(createMemoryRows({ inlineUpTo: 1_000 }), openBlobs(timeout), { logger: quietLogger() });
    const backend = await openBackend({ store });
    await backend.ready;
    const get = async ({ id, token, statelessProof }: ImageRecord) =>
      (await backend.customEndpointHelper(id, token, statelessProof)) as Uint8Array;
    const save = async (bytes: Buffer) => (await backend.saveImage(bytes)) as ImageRecord;
    return { backend, get, save };
  }

  test('one that hangs holds up no picture in memory, and what asks it is answered in time', async () => {
    const { get, save } = await open(200);
    const [hot, cold] = [picture(), picture()];
    const hotRecord = await save(hot);
    const coldRecord = await save(cold);
    await get(hotRecord);
    proxy.setFault(() => ({ kind: 'hang' }));
    let answered = 0;
    const waiting = Array.from({ length: 100 }, () =>
      get(coldRecord)
        .then(
          (payload) => payload[0],
          (error) => error.code,
        )
        .finally(() => {
          answered += 1;
        }),
    );
    for (let read = 0; read < 100; read += 1) {
      expect(openPayload(await get(hotRecord), hotRecord).equals(hot)).toBe(true);
    }
    expect(answered).toBe(0);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['STORE_TIMEOUT']));
    proxy.setFault(undefined);
    expect(openPayload(await get(coldRecord), coldRecord).equals(cold)).toBe(true);
  });

  test("another picture's bytes of the same length: an error and never that picture, and the server reads again", async () => {
    const { backend, get, save } = await open();
    const kept = picture();
    const record = await save(kept);
    const body = randomBytes(record.bytes ? record.bytes + 1 : 0);
    const swap = () => ({ kind: 'swap', body }) as const;
    let swapped = 0;
    proxy.setFault(({ method }) => {
      if (method !== 'GET' || swapped > 0) return undefined;
      swapped += 1;
      return swap();
    });
    const { bytes } = (await backend.readImage(record.id)) ?? {};
    expect(swapped).toBe(1);
    expect(kept.equals(bytes as Uint8Array)).toBe(true);
    proxy.setFault(({ method }) => (method === 'GET' ? swap() : undefined));
    await expect(backend.readImage(record.id)).rejects.toMatchObject({ code: 'CIPHERTEXT_MISSING' });
    const payload = await get(record);
    expect(payload[0]).toBe(WirePayloadState.Success);
    expect(() => openPayload(payload, record)).toThrow('unable to authenticate');
  });

  test('a reader that meets a blob that was just removed looks again', async () => {
    const rows = createMemoryRows({ inlineUpTo: 0 });
    const blobs = openBlobs();
    const writer = splitStore(rows, blobs);
    const [older, newer] = [versionOf('one', 1_000, 10_000), versionOf('one', 1_001, 20_000)];
    await writer.put(older, null);
    let reads = 0;
    const reader = splitStore(rows, {
      ...blobs,
      async read(name, size) {
        reads += 1;
        if (reads === 1) await writer.put(newer, 1_000);
        return blobs.read(name, size);
      },
    });
    const part = await reader.open('one', undefined, { inMemoryUpTo: 100_000 });
    expect(part?.token).toBe(1_001);
    expect(reads).toBe(2);
    assertStored(await readPart(reader, 'one'), newer);
  });

  test('of two that update one image while answers are lost, nothing is left that a sweep does not find', async () => {
    const clock = createClock();
    const rows = createMemoryRows({ inlineUpTo: 0 });
    const stores = [openBlobs(), openBlobs()].map((blobs) =>
      splitStore(rows, blobs, { now: clock.now, logger: quietLogger() }),
    );
    await stores[0]?.put(versionOf('one', 1, 3_000), null);
    let requests = 0;
    proxy.setFault(({ method, path }) => {
      requests += 1;
      if (path.includes('list-type') || method === 'GET') return undefined;
      if (requests % 3 === 0) return { kind: 'lose-answer' };
      return requests % 5 === 0 ? { kind: 'status', status: 503, code: 'SlowDown' } : undefined;
    });
    let token = 1;
    const outcomes = { put: 0, refused: 0, failed: 0 };
    const update = async (store: (typeof stores)[number]) => {
      for (let round = 0; round < 25; round += 1) {
        token += 1;
        await store.put(versionOf('one', token, 3_000), 'older').then(
          (isPut) => {
            outcomes[isPut ? 'put' : 'refused'] += 1;
          },
          () => {
            outcomes.failed += 1;
          },
        );
      }
    };
    await Promise.all(stores.map(update));
    expect(outcomes.put).toBeGreaterThan(0);
    proxy.setFault(undefined);
    clock.pass(hours(5));
    const [store] = stores;
    await store?.sweep();
    expect(await store?.check()).toEqual([]);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/` }));
    const blobs = Contents.filter(({ Key = '' }) => !/\/(sessions|epochs)\//.test(Key));
    expect(blobs).toHaveLength(1);
  });
});
