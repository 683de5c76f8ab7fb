import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { patiently } from './patience.js';
import { createStores, hasOurStores, type StoreName, type StoreNames } from './schema.js';
import { isForbidden, isQuotaError, type StoresOf, settled, transact } from './transaction.js';

/** The IndexedDB database of the disk cache: there if it can be, and never in the way. */
export type CacheDatabase = ReturnType<typeof createCacheDatabase>;

/**
 * Opens the database on first use, and again when the browser or another tab closed it. A database that cannot be
 * opened, has another schema or breaks in use is deleted and made anew, once; after that it is out of use until the
 * page is loaded again.
 */
export function createCacheDatabase(name: string, version: number, stores: StoreNames) {
  let connection: IDBDatabase | undefined;
  let opening: Promise<IDBDatabase | undefined> | undefined;
  let openedInTime: Promise<IDBDatabase | undefined> | undefined;
  let outOfUse = !hasIndexedDB();
  let damaged = false;
  let recreated = false;

  async function open(giveUp: () => void): Promise<IDBDatabase> {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => createStores(request.result, stores);
    request.onblocked = giveUp;
    const opened = await settled(request);
    opened.onversionchange = ({ newVersion }) => {
      // A tab that runs a newer version of the application upgrades the database: ours is the outdated side.
      if (newVersion !== null) outOfUse = true;
      release(opened);
    };
    if (hasOurStores(opened, stores)) return opened;
    opened.close();
    throw new Error('other schema');
  }

  function deleteDatabase(giveUp: () => void): Promise<unknown> {
    const request = indexedDB.deleteDatabase(name);
    request.onblocked = giveUp;
    return settled(request);
  }

  async function recreate(giveUp: () => void): Promise<IDBDatabase> {
    if (recreated) throw new Error('recreated before');
    recreated = true;
    damaged = false;
    await deleteDatabase(giveUp);
    return open(giveUp);
  }

  async function establish(giveUp: () => void): Promise<IDBDatabase | undefined> {
    try {
      const opened = damaged ? await recreate(giveUp) : await open(giveUp).catch(() => recreate(giveUp));
      if (outOfUse) opened.close();
      else connection = opened;
    } catch {
      outOfUse = true;
    }
    opening = undefined;
    return connection;
  }

  async function connect(inBackground: boolean): Promise<IDBDatabase | undefined> {
    if (connection || outOfUse) return connection;
    if (!opening) {
      openedInTime = patiently((giveUp) => {
        opening = establish(giveUp);
        return opening;
      });
    }
    return inBackground ? patiently(async () => opening) : openedInTime;
  }

  function release(database: IDBDatabase): void {
    database.close();
    if (connection === database) connection = undefined;
  }

  return {
    /**
     * Runs `work` in a transaction (see {@link transact}); undefined when that could not be done.
     *
     * @param inBackground - nobody waits for it, so that it may wait for a database that is slow to open; what is not
     * in the background shares one wait, so that a page full of pictures does not wait for each
     * @throws DOMException `QuotaExceededError`, when it is to write; nothing else
     */
    async use<const Names extends readonly StoreName[], Result>(
      mode: 'readonly' | 'readwrite',
      names: Names,
      work: (...stores: StoresOf<Names>) => Result,
      inBackground = false,
    ): Promise<Result | undefined> {
      for (const isLastTry of [false, true]) {
        const database = await connect(inBackground);
        if (!database) break;
        try {
          return await transact(database, mode, names, work);
        } catch (error) {
          if (mode === 'readwrite' && isQuotaError(error)) throw error;
          // Often it was only the connection that went away. Calls that fail together share a connection: only the
          // first of them may draw conclusions.
          damaged ||= isLastTry && connection === database;
          release(database);
        }
      }
      return undefined;
    },

    /**
     * Deletes the database, whatever state it is in.
     *
     * @throws PixstoreError `STORAGE_FAILED` when the browser does not let us, or another tab holds on to it
     */
    async destroy(): Promise<void> {
      if (!hasIndexedDB()) return;
      if (connection) release(connection);
      let cause: unknown;
      try {
        const deleted = await patiently((giveUp) => deleteDatabase(giveUp).then(() => true));
        if (deleted) return;
      } catch (error) {
        // A page that may not store anything has nothing to delete.
        if (isForbidden(error)) return;
        cause = error;
      }
      throw new PixstoreError(
        'STORAGE_FAILED',
        "The browser did not empty pixstore's image cache. Close other tabs of this site and try again.",
        { cause },
      );
    },

    close(): void {
      outOfUse = true;
      if (connection) release(connection);
    },
  };
}

// Where storage is forbidden, browsers have been seen to throw on the mere mention of it.
function hasIndexedDB(): boolean {
  try {
    return Boolean(globalThis.indexedDB);
  } catch {
    return false;
  }
}
