import { setTimeout as pause } from 'node:timers/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { BlobStore } from '../split/blob-store.js';
import { type AttemptsOptions, createAttempts } from './attempts.js';
import { FailedRequest } from './failures.js';
import { createObjectReader, type NamedObject } from './object-reader.js';
import type { ObjectStore, Page } from './object-store.js';

export interface ObjectBlobsSettings extends Pick<AttemptsOptions, 'timeout' | 'attempts'> {
  /** A folder in the bucket; empty: the whole bucket. */
  prefix: string;
  /** For tests: waits, and draws lots. */
  pause?: AttemptsOptions['pause'];
  random?: AttemptsOptions['random'];
}

/** Names of blobs. Whatever else lies there is somebody else's. */
const blobName = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/;

/**
 * A store of blobs over an object store: each blob is an object. What fails for a moment is tried again, and null is only said
 * of what is surely not there.
 */
export function createObjectBlobs(store: ObjectStore, settings: ObjectBlobsSettings): BlobStore {
  const prefix = settings.prefix && `${settings.prefix}/`;
  const attempts = createAttempts({
    pause: async (milliseconds) => void (await pause(milliseconds)),
    random: Math.random,
    ...settings,
    failureOf: (error) => store.failureOf(error),
  });
  const reader = createObjectReader(store, attempts);
  const objectOf = (name: string): NamedObject => ({ key: prefix + name, name });

  /** It was kept by an attempt before, whose answer was lost: names are never used twice. */
  async function requireSame(object: NamedObject, bytes: Uint8Array): Promise<void> {
    const found = await reader.read(object, bytes.length);
    if (!found || Buffer.compare(found, bytes) !== 0) throw otherObjectThere();
  }

  async function readPage(from: string, after: string, cursor: string | undefined): Promise<Page> {
    const page = await attempts.run('list blobs', ({ signal }) => store.list(prefix + from, after, cursor, signal));
    if (page.cursor !== undefined && page.cursor === cursor) throw notInOrder();
    return page;
  }

  return {
    async write(name, bytes) {
      const object = objectOf(name);
      const isKept = await attempts.run(
        'keep a blob',
        async ({ signal }) => {
          const outcome = await store.put(object.key, bytes, name, signal);
          if (outcome === 'unconfirmed' && (await store.size(object.key, signal)) !== bytes.length) {
            throw new FailedRequest('broken', 'it was not there after it was kept');
          }
          return outcome !== 'exists';
        },
        bytes.length,
      );
      if (!isKept) await requireSame(object, bytes);
    },

    read: (name, size) => reader.read(objectOf(name), size),
    open: (name) => reader.open(objectOf(name)),
    size: (name) => reader.size(objectOf(name)),
    remove: (name) => attempts.run('remove a blob', ({ signal }) => store.remove(prefix + name, signal)),

    async *list(from, after = '') {
      let last = '';
      let cursor: string | undefined;
      do {
        const page = await readPage(from, after && prefix + after, cursor);
        for (const key of page.keys) {
          const name = key.slice(prefix.length);
          if (!blobName.test(name) || !key.startsWith(prefix)) continue;
          // Whoever asks for what comes after a name would miss some.
          if (name <= last) throw notInOrder();
          last = name;
          if (name > after) yield name;
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
  };
}

function otherObjectThere(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The object store has another object in the place of a new blob. Give pixstore a bucket or a prefix that nothing else writes to.',
  );
}

function notInOrder(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The object store does not list names in the order of their bytes, as S3 directory buckets do not: blobs cannot be kept there. Use a bucket of the general kind.',
  );
}
