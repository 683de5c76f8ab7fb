import { randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PixstoreError } from '../../src/shared/errors/pixstore-error.js';
import { overFiles } from '../../src/stores/files/files-objects.js';
import { createObjectBlobs, type ObjectBlobsSettings } from '../../src/stores/objects/object-blobs.js';
import { overS3 } from '../../src/stores/s3/s3-objects.js';
import type { BlobStore, OpenBlob } from '../../src/stores/split/blob-store.js';
import { s3Client, s3Files, s3Server, useBucket } from '../support/s3/bucket.js';
import { type Fault, type FaultyProxy, startFaultyProxy } from '../support/s3/faulty-proxy.js';

const secret = 'not-the-secret-key';

describe.skipIf(!s3Server)('an object store that fails', () => {
  const { server, client: direct, bucket, newPrefix } = useBucket();
  let proxy: FaultyProxy;
  let prefix: string;
  /** How long was waited before further attempts, in ms. */
  let pauses: number[];

  beforeAll(async () => {
    proxy = await startFaultyProxy(server.endpoint);
  });
  afterAll(() => proxy.close());
  beforeEach(() => {
    proxy.setFault(undefined);
    prefix = newPrefix();
    pauses = [];
  });

  const drivers = {
    s3Blobs: (of = server, inBucket = bucket) =>
      overS3({ client: s3Client(of, proxy.endpoint), bucket: inBucket, isConditional: true }),
    filesBlobs: (of = server, inBucket = bucket) => overFiles(s3Files(of, inBucket, proxy.endpoint)),
  };

  describe.each(Object.entries(drivers))('%s', (name, driver) => {
    function open(settings: Partial<ObjectBlobsSettings> = {}, store = driver()): BlobStore {
      return createObjectBlobs(store, {
        prefix,
        timeout: 5_000,
        attempts: 3,
        random: () => 0,
        pause: async (milliseconds) => void pauses.push(milliseconds),
        ...settings,
      });
    }

    async function written(size: number, name = 'a/b'): Promise<{ blobs: BlobStore; bytes: Buffer }> {
      const blobs = open();
      const bytes = randomBytes(size);
      await blobs.write(name, bytes);
      proxy.requests.length = 0;
      return { blobs, bytes };
    }

    /** Goes wrong so many times with requests of a method, then well. */
    function failFirst(times: number, method: string, fault: Fault | ((at: number) => Fault)): void {
      let failed = 0;
      proxy.setFault((request) => {
        if (request.method !== method || failed === times) return undefined;
        failed += 1;
        return typeof fault === 'function' ? fault(failed) : fault;
      });
    }

    const errorOf = (promise: Promise<unknown>): Promise<PixstoreError> => promise.then(fail, (error) => error);

    test('503: is tried again after a while, which grows, and then said', async () => {
      const { blobs, bytes } = await written(1_000);
      failFirst(2, 'GET', { kind: 'status', status: 503, code: 'SlowDown' });
      expect(bytes.equals((await blobs.read('a/b', 1_000)) as Uint8Array)).toBe(true);
      expect(pauses).toEqual([500, 1_000]);
      proxy.setFault(() => ({ kind: 'status', status: 503, code: 'SlowDown' }));
      for (const work of [
        () => blobs.read('a/b', 1_000),
        () => blobs.write('a/c', bytes),
        () => blobs.remove('a/b'),
        () => first(blobs.list('')),
      ]) {
        const { code, message } = await errorOf(work());
        expect(code).toBe('STORAGE_FAILED');
        expect(message).toMatch(/asked for too much .*\(503 SlowDown\); it was tried 3 times/);
      }
    });

    test('never answers: it is left in time, and its connection is closed', async () => {
      await written(1_000);
      const blobs = open({ timeout: 100 });
      proxy.setFault(() => ({ kind: 'hang' }));
      for (const work of [
        () => blobs.read('a/b', 1_000),
        () => blobs.size('a/b'),
        () => blobs.write('a/c', Buffer.alloc(10)),
        () => first(blobs.list('')),
      ]) {
        const { code, message } = await errorOf(work());
        expect(code).toBe('STORE_TIMEOUT');
        expect(message).toMatch(/nothing for \d+ ms\); it was tried 3 times/);
      }
      await expect.poll(() => proxy.underWay()).toBe(0);
    });

    test('404 to a removal: it is gone, unless it is the bucket that is missing', async () => {
      const { blobs } = await written(1_000);
      failFirst(1, 'DELETE', { kind: 'status', status: 404, code: 'NoSuchKey' });
      await blobs.remove('a/b');
      failFirst(1, 'DELETE', { kind: 'status', status: 404, code: 'NoSuchBucket' });
      expect((await errorOf(blobs.remove('a/b'))).message).toContain('no such bucket');
    });

    test.each([0, 1, 500_000])('cut after %i bytes: a read goes on where it was', async (after) => {
      const { blobs, bytes } = await written(2_000_000);
      failFirst(2, 'GET', { kind: 'cut', after });
      expect(bytes.equals((await blobs.read('a/b', bytes.length)) as Uint8Array)).toBe(true);
      failFirst(2, 'GET', { kind: 'cut', after });
      expect(bytes.equals(await readAll(await blobs.open('a/b')))).toBe(true);
    });

    test('cut again and again: an error, and never a part', async () => {
      const { blobs, bytes } = await written(2_000_000);
      proxy.setFault(({ method }) => (method === 'GET' ? { kind: 'cut', after: 100_000 } : undefined));
      expect(await errorOf(blobs.read('a/b', bytes.length))).toMatchObject({ code: 'STORAGE_FAILED' });
      expect(await errorOf(blobs.open('a/b').then(readAll))).toMatchObject({ code: 'STORAGE_FAILED' });
    });

    test('stands still in the middle: it is asked again for the rest', async () => {
      const { bytes } = await written(2_000_000);
      const blobs = open({ timeout: 200 });
      const ranges: (string | undefined)[] = [];
      proxy.setFault(({ range }) => (ranges.push(range) === 1 ? { kind: 'stall', after: 500_000 } : undefined));
      expect(bytes.equals(await readAll(await blobs.open('a/b')))).toBe(true);
      expect(ranges).toEqual([undefined, 'bytes=500000-']);
      await expect.poll(() => proxy.underWay()).toBe(0);
    });

    test('a reader that is slow, or gone, holds nothing up', async () => {
      const { blobs, bytes } = await written(3_000_000);
      const slow = (await blobs.open('a/b')) as OpenBlob;
      const chunks = slow.chunks()[Symbol.asyncIterator]();
      await chunks.next();
      expect(bytes.equals((await blobs.read('a/b', bytes.length)) as Uint8Array)).toBe(true);
      await slow.close();
      await expect(chunks.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await expect.poll(() => proxy.underWay()).toBe(0);
    });

    test('says that a body is shorter than it is: it is not believed', async () => {
      const { blobs, bytes } = await written(100_000);
      failFirst(1, 'GET', { kind: 'shorten', to: 60_000 });
      expect(bytes.equals((await blobs.read('a/b', bytes.length)) as Uint8Array)).toBe(true);
      proxy.setFault(({ method }) => (method === 'GET' ? { kind: 'shorten', to: 60_000 } : undefined));
      const { code, message } = await errorOf(blobs.read('a/b', bytes.length));
      expect(code).toBe('STORAGE_FAILED');
      expect(message).toContain('the answer had another length');
    });

    test('answers with another object: it is asked again, and never given', async () => {
      const { blobs, bytes } = await written(100_000);
      const body = randomBytes(bytes.length);
      const swap: Fault = { kind: 'swap', body, headers: { 'x-amz-meta-pixstore-name': 'a/other' } };
      failFirst(1, 'GET', swap);
      expect(bytes.equals((await blobs.read('a/b', bytes.length)) as Uint8Array)).toBe(true);
      failFirst(1, 'GET', swap);
      expect(bytes.equals(await readAll(await blobs.open('a/b')))).toBe(true);
      proxy.setFault(() => swap);
      for (const work of [() => blobs.read('a/b', bytes.length), () => blobs.open('a/b')]) {
        const { code, message } = await errorOf(work());
        expect(code).toBe('STORAGE_FAILED');
        expect(message).toContain('it gave another object');
      }
    });

    test('loses the answer to a write: it is kept once, and said to be', async () => {
      const blobs = open();
      const bytes = randomBytes(10_000);
      failFirst(2, 'PUT', { kind: 'lose-answer' });
      await blobs.write('a/b', bytes);
      expect(bytes.equals((await blobs.read('a/b', bytes.length)) as Uint8Array)).toBe(true);
    });

    test('a page of somebody else answers instead: nothing is taken for kept, gone or empty', async () => {
      const { blobs, bytes } = await written(10_000);
      proxy.setFault(() => ({ kind: 'portal' }));
      await expect(blobs.write('a/c', bytes)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      if (name === 's3Blobs') {
        await expect(blobs.read('a/b', bytes.length)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
        await expect(blobs.size('a/b')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
        await expect(first(blobs.list(''))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      }
    });

    test('no such bucket: that is an error, and no blob that is not there', async () => {
      const blobs = open({}, driver(server, `${bucket.slice(0, 20)}-none`));
      for (const work of [
        () => blobs.read('a/b', 10),
        () => blobs.open('a/b'),
        () => blobs.size('a/b'),
        () => blobs.remove('a/b'),
        () => first(blobs.list('')),
        () => blobs.write('a/b', Buffer.alloc(1)),
      ]) {
        const { code, message } = await errorOf(work());
        expect(code).toBe('STORAGE_FAILED');
        expect(message).toContain('no such bucket');
      }
      expect(pauses).toEqual([]);
    });

    test('404 for what is there: it is not believed', async () => {
      const { blobs, bytes } = await written(10);
      const none: Fault = { kind: 'status', status: 404, code: 'NoSuchKey' };
      proxy.setFault(({ path }) => (path.includes('list-type') ? undefined : none));
      const { message } = await errorOf(blobs.read('a/b', bytes.length));
      expect(message).toContain('it is listed, but was not found');
      expect(await errorOf(blobs.size('a/b'))).toMatchObject({ code: 'STORAGE_FAILED' });
    });

    test('refuses: that is said at once, without what was signed', async () => {
      const blobs = open({}, driver({ ...server, secretAccessKey: secret }));
      for (const work of [
        () => blobs.read('a/b', 10),
        () => blobs.size('a/b'),
        () => first(blobs.list('')),
        () => blobs.write('a/b', Buffer.alloc(1)),
      ]) {
        const error = await errorOf(work());
        expect(error.code).toBe('STORAGE_FAILED');
        expect(error.message).toMatch(/refused to .* \(403/);
        expect(everythingOf(error)).not.toMatch(/AWS4-HMAC|Signature=|not-the-secret-key|StringToSign/);
      }
      expect(pauses).toEqual([]);
    });

    test('another object in the place of a new one stays, and is no success', async () => {
      await direct.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/a/b`, Body: 'somebody else' }));
      const write = open().write('a/b', Buffer.from('ours'));
      // Only conditional writes notice.
      if (name === 's3Blobs') await expect(write).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      else await write;
    });
  });
});

async function first(names: AsyncIterable<string>): Promise<string | undefined> {
  for await (const name of names) return name;
  return undefined;
}

function fail(): never {
  throw new Error('it did not fail');
}

async function readAll(blob: OpenBlob | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (blob as OpenBlob).chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All that a logger or a tracker of errors could get hold of. */
function everythingOf(error: unknown, seen = new Set<unknown>()): string {
  if (typeof error !== 'object' || error === null || seen.has(error)) return String(error);
  seen.add(error);
  return Reflect.ownKeys(error)
    .map((key) => `${String(key)}: ${everythingOf(Reflect.get(error, key), seen)}`)
    .join('\n');
}
