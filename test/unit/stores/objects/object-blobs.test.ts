import { S3Client } from '@aws-sdk/client-s3';
import { Files } from 'files-sdk';
import { memory } from 'files-sdk/memory';
import { expect, test, vi } from 'vitest';
import { filesBlobs } from '../../../../src/stores/files/files-blobs.js';
import { overFiles } from '../../../../src/stores/files/files-objects.js';
import { createObjectBlobs, type ObjectBlobsSettings } from '../../../../src/stores/objects/object-blobs.js';
import type { ObjectStore } from '../../../../src/stores/objects/object-store.js';
import { s3Blobs } from '../../../../src/stores/s3/s3-blobs.js';

const bytes = Buffer.alloc(1_000, 'bytes');
const client = new S3Client({ region: 'none' });

/** An object store in memory, with what a test changes of it. */
function open(
  changes: (store: ObjectStore) => Partial<ObjectStore> = () => ({}),
  settings: Partial<ObjectBlobsSettings> = {},
) {
  const files = new Files({ adapter: memory() });
  const store = overFiles(files);
  const blobs = createObjectBlobs(
    { ...store, ...changes(store) },
    { prefix: 'ours', timeout: 5_000, attempts: 4, pause: async () => {}, ...settings },
  );
  return { files, blobs };
}

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

const busy = () => Promise.reject(Object.assign(new Error(), { status: 503, code: 'SlowDown' }));
const broken = () => Promise.reject(Object.assign(new Error(), { cause: { code: 'ECONNRESET' } }));

test.each([
  ['busy', busy, 0, [500, 1_000, 2_000]],
  ['busy', busy, 1, [1_000, 2_000, 4_000]],
  ['broken', broken, 0, [50, 100, 200]],
  ['broken', broken, 1, [100, 200, 400]],
])('one that is %s is asked again later and later, with a lot of chance', async (_, fail, random, expected) => {
  const pauses: number[] = [];
  const { blobs } = open(() => ({ size: fail }), {
    random: () => random,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
  await expect(blobs.size('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(pauses).toEqual(expected);
});

test('what cannot succeed is not tried again', async () => {
  let requests = 0;
  const refuse = () => {
    requests += 1;
    return Promise.reject(Object.assign(new Error(), { status: 400, code: 'InvalidRequest' }));
  };
  const { blobs } = open(() => ({ size: refuse }));
  await expect(blobs.size('a')).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('400 InvalidRequest'),
  });
  expect(requests).toBe(1);
});

test('nothing of a request gets into an error', async () => {
  const url = 'https://store.example/a?X-Amz-Signature=secret';
  const failed = Object.assign(new Error(`request to ${url} failed`), { name: url, request: { url }, status: 500 });
  const { blobs } = open(() => ({ size: () => Promise.reject(failed) }));
  const error = await blobs.size('a').catch((thrown) => thrown);
  expect(error.message).toContain('(500)');
  expect(error.cause.message).toBe('request to https://store.example/a?... failed');
  expect(JSON.stringify([error.message, { ...error.cause }])).not.toContain('secret');
});

test('what is said to be there already, and is not, is kept all the same', async () => {
  let conflicts = 0;
  const { blobs } = open(({ put }) => ({
    async put(...request) {
      conflicts += 1;
      return conflicts < 3 ? 'exists' : put(...request);
    },
  }));
  await blobs.write('a', bytes);
  expect(bytes.equals((await blobs.read('a', bytes.length)) as Uint8Array)).toBe(true);
  expect(conflicts).toBe(3);
});

test('a write of whatever length is over within the hour', async () => {
  vi.useFakeTimers();
  try {
    const { blobs } = open(() => ({ put: () => new Promise(() => {}) }));
    const writing = blobs.write('a', { length: 1e12 } as Uint8Array).catch((error) => error.code);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await writing).toBe('STORE_TIMEOUT');
  } finally {
    vi.useRealTimers();
  }
});

test('a list that is not in order is refused, since whoever begins in its middle would miss some', async () => {
  const pages = { keys: ['ours/b', 'ours/a'], cursor: undefined };
  const { blobs } = open(() => ({ list: async () => pages }));
  await expect(namesOf(blobs.list(''))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

test('a list that gives the same page for ever is refused', async () => {
  const { blobs } = open(() => ({ list: async () => ({ keys: [], cursor: 'again' }) }));
  await expect(namesOf(blobs.list(''))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

test('lies in its prefix, and what others have put there is not its own', async () => {
  const { files, blobs } = open();
  await blobs.write('a/b', bytes);
  for (const key of ['ours/README', 'ours/a/B.jpg', 'ours-too/a', 'a/c', 'ours/a/']) await files.upload(key, 'x');
  expect(await files.exists('ours/a/b')).toBe(true);
  expect(await namesOf(blobs.list(''))).toEqual(['a/b']);
});

test('where there are no ranges, a read that was cut begins anew, and gives nothing twice', async () => {
  const adapter = memory();
  const files = new Files({ adapter: { ...adapter, supportsRange: false } });
  await files.upload('a', bytes);
  const store = overFiles(files);
  let cuts = 0;
  async function* cutShort(body: AsyncIterable<Uint8Array>) {
    for await (const piece of body) {
      yield piece.subarray(0, 100);
      cuts += 1;
      throw new Error('cut');
    }
  }
  const blobs = createObjectBlobs(
    {
      ...store,
      async get(...request) {
        const download = await store.get(...request);
        return download && (cuts < 3 ? { ...download, body: cutShort(download.body) } : download);
      },
    },
    { prefix: '', timeout: 5_000, attempts: 4, pause: async () => {} },
  );
  expect(bytes.equals((await blobs.read('a', bytes.length)) as Uint8Array)).toBe(true);
  expect(cuts).toBe(3);
});

const files = new Files({ adapter: memory() });

test.each([
  [{ prefix: '/a' }, 'prefix'],
  [{ prefix: 'a/' }, 'prefix'],
  [{ prefix: 'a/../b' }, 'prefix'],
  [{ prefix: '..' }, 'prefix'],
  [{ prefix: 'a b' }, 'prefix'],
  [{ timeout: 0 }, 'timeout'],
  [{ timeout: 120_001 }, 'timeout'],
  [{ attempts: 0 }, 'attempts'],
  [{ attempts: 9 }, 'attempts'],
  [{ retries: 3 }, 'retries'],
])('%j is refused by both', (options, name) => {
  const refused = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${name}"`) });
  expect(() => filesBlobs({ files, ...options } as never)).toThrow(refused);
  expect(() => s3Blobs({ client, bucket: 'b', ...options } as never)).toThrow(refused);
});

test('a client and a bucket are asked for', () => {
  const refused = (name: string) =>
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${name}"`) });
  expect(() => filesBlobs({} as never)).toThrow(refused('files'));
  expect(() => filesBlobs({ files: {} } as never)).toThrow(refused('files'));
  expect(() => s3Blobs({ bucket: 'b' } as never)).toThrow(refused('client'));
  expect(() => s3Blobs({ client } as never)).toThrow(refused('bucket'));
  expect(() => s3Blobs({ client, bucket: '' })).toThrow(refused('bucket'));
  expect(() => s3Blobs({ client, bucket: 'b', conditional: 'yes' } as never)).toThrow(refused('conditional'));
});

test.each(['', 'a', 'a/b', 'a.b/c-d/e_f', '...'])('the prefix "%s" is taken', (prefix) => {
  expect(() => s3Blobs({ client, bucket: 'b', prefix })).not.toThrow();
});
