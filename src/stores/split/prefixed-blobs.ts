import type { MaybePromise } from '../port.js';
import { begunOf, isSessionBlob, newBlobName } from './blob-name.js';
import type { BlobStore } from './blob-store.js';
import type { SessionBlobs } from './session-blobs.js';

export interface PrefixedBlobsOptions {
  blobs: BlobStore;
  storeId(): MaybePromise<string>;
  /** ms since 1970. */
  now(): number;
  /** How long after it began a session may still get a blob, in ms: one that is written late, or was said to have failed. */
  keptFor: number;
}

/**
 * The blobs of a store, in a place that others may share:
 *
 * - `<store id>/epochs/<epoch>`: see `marked-identity.ts`
 * - `<store id>/sessions/<session>`: there was this session
 * - `<store id>/<session>/<blob>`
 */
export function createPrefixedBlobs({ blobs, storeId, now, keptFor }: PrefixedBlobsOptions): SessionBlobs {
  const pathOf = async (name: string) => `${await storeId()}/${name}`;

  /** Names that begin with this, without the id of the store. */
  async function* namesUnder(beginning: string): AsyncGenerator<string> {
    const prefix = await pathOf('');
    for await (const path of blobs.list(prefix + beginning)) yield path.slice(prefix.length);
  }

  async function* list(session: string): AsyncGenerator<string> {
    for await (const name of namesUnder(`${session}/`)) if (isSessionBlob(name)) yield name;
  }

  async function isEmpty(session: string): Promise<boolean> {
    for await (const _ of list(session)) return false;
    return true;
  }

  return {
    makeSession: async (session) => blobs.write(await pathOf(sessionMark(session)), new Uint8Array([1])),

    async unmakeSession(session) {
      await blobs.remove(await pathOf(sessionMark(session)));
      return false; // the mark may land yet
    },

    async write(session, bytes) {
      const name = newBlobName(session);
      const path = await pathOf(name);
      try {
        await blobs.write(path, bytes);
      } catch (error) {
        // It may have been written all the same. What cannot be removed now, a sweep finds in its session.
        await blobs.remove(path).catch(() => {});
        throw error;
      }
      return name;
    },

    read: async (name, size) => blobs.read(await pathOf(name), size),
    open: async (name) => blobs.open(await pathOf(name)),
    size: async (name) => (isSessionBlob(name) ? blobs.size(await pathOf(name)) : null),
    remove: async (name) => blobs.remove(await pathOf(name)),
    list,

    async *foreign(isKnown) {
      let told = ''; // names come in order, so one session's are together
      for await (const name of namesUnder('')) {
        const [folder = ''] = name.split('/', 1);
        if (folder === told || folder === 'epochs' || folder === 'sessions') continue;
        if (isSessionBlob(name) && (await isKnown(folder))) continue;
        yield isSessionBlob(name) ? folder : name;
        if (isSessionBlob(name)) told = folder;
      }
    },

    async removeSession(session) {
      if (now() - begunOf(session) < keptFor || !(await isEmpty(session))) return false;
      await blobs.remove(await pathOf(sessionMark(session)));
      return true;
    },
  };
}

export const sessionMark = (session: string): string => `sessions/${session}`;
