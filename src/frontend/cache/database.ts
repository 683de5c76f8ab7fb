import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { patiently } from './patience.js';
import { createStores, hasOurStores, type StoreName, type StoreNames } from './schema.js';
import { isQuotaError, type StoresOf, settled, transact } from './transaction.js';

/** The IndexedDB database of the disk cache: there if it can be, and never in the way. */
export type CacheDatabase = ReturnType<typeof createCacheDatabase>;

/**
 * Opens the database on first use, and again when the browser or another tab closed it. A database that cannot be
 * opened, has another schema or breaks in use is deleted and made anew, once; after that it is out of use until the
 * page is loaded again. While it hangs it is out of use too.
 */
export function createCacheDatabase(name: string, version: number, stores: StoreNames) {
  let connection: IDBDatabase | undefined;
  let opening: Promise<void> | undefined;
  let outOfUse = false;
  let hanging = false;
  let damaged = false;
  let recreated = false;
  let isEmpty = false;

  /** undefined when what is there is not ours. */
  async function open(giveUp: () => void): Promise<IDBDatabase | undefined> {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      createStores(request.result, stores);
      isEmpty = true;
    };
    request.onblocked = giveUp;
    const opened = await settled(request);
    opened.onversionchange = ({ newVersion }) => {
      // A tab that runs a newer version of the application upgrades the database: ours is the outdated side.
      if (newVersion !== null) outOfUse = true;
      release(opened);
    };
    if (hasOurStores(opened, stores)) return opened;
    opened.close();
    return undefined;
  }

  function remove(giveUp: () => void): Promise<unknown> {
    const request = indexedDB.deleteDatabase(name);
    request.onblocked = giveUp;
    return settled(request);
  }

  async function establish(giveUp: () => void): Promise<void> {
    let opened: IDBDatabase | undefined;
    try {
      opened = damaged ? undefined : await open(giveUp).catch(() => undefined);
      if (!opened && !recreated) {
        recreated = true;
        damaged = false;
        await remove(giveUp);
        opened = await open(giveUp);
      }
    } catch {
      // Where storage is forbidden, browsers have been seen to throw on the mere mention of it.
    }
    if (outOfUse) opened?.close();
    else connection = opened;
    outOfUse ||= !opened;
    opening = undefined;
  }

  async function connect(): Promise<IDBDatabase | undefined> {
    if (!isUsable()) return undefined;
    opening ??= patiently(establish);
    await opening;
    return connection;
  }

  function release(database: IDBDatabase): void {
    database.close();
    if (connection === database) connection = undefined;
  }

  const isUsable = () => !outOfUse && !hanging;

  return {
    /**
     * Runs `work` in a transaction (see {@link transact}). Gives undefined when that could
     * not be done, or not in time: a page full of pictures waits two seconds for a browser that does not answer, and
     * not for each picture. Begins at once when the database is open: a page that is left has no time.
     *
     * @throws DOMException `QuotaExceededError`, when it is to write; nothing else
     */
    async use<const Names extends readonly StoreName[], Result extends NonNullable<unknown>>(
      mode: 'readonly' | 'readwrite',
      names: Names,
      work: (...stores: StoresOf<Names>) => Result,
    ): Promise<Result | undefined> {
      for (const isLastTry of [false, true]) {
        const database = connection ?? (await connect());
        if (!database || hanging) return undefined;
        isEmpty &&= mode === 'readonly';
        let late = false;
        const running = transact(database, mode, names, work).finally(() => {
          if (late) hanging = false;
        });
        try {
          const result = await patiently(() => running);
          if (result === undefined) hanging = late = true;
          return result;
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

    isUsable,

    /**
     * This page made it and has written nothing since: there is no need to search it. What other tabs write meanwhile is
     * fetched once more at worst.
     */
    isEmpty: (): boolean => isEmpty,

    /**
     * Deletes the database, whatever state it is in.
     *
     * @throws PixstoreError `STORAGE_FAILED` when the browser does not let us, or another tab holds on to it
     */
    async destroy(): Promise<void> {
      if (connection) release(connection);
      let cause: unknown;
      try {
        if (await patiently((giveUp) => remove(giveUp).then(() => true))) return;
      } catch (error) {
        // A page that has no IndexedDB, or may not store anything, has nothing to delete.
        if (!(error instanceof DOMException) || error.name === 'SecurityError') return;
        cause = error;
      }
      throw new PixstoreError(
        'STORAGE_FAILED',
        'The image cache could not be emptied. Close other tabs of this site and try again.',
        { cause },
      );
    },

    close(): void {
      outOfUse = true;
      if (connection) release(connection);
    },
  };
}
