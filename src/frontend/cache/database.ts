import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { patiently } from './patience.js';
import { createStores, hasOurStores, type StoreName, type StoreNames } from './schema.js';
import { type StoresOf, settled, transact } from './transaction.js';

/** The IndexedDB database of the disk cache: there if it can be, and never in the way. */
export type CacheDatabase = ReturnType<typeof createCacheDatabase>;

/**
 * Opens the database at once, and again on use when the browser or another tab closed it. A database that cannot be
 * opened, has another schema or breaks in use is deleted and made anew, once; after that it is out of use until the
 * page is loaded again. While it hangs it is out of use too.
 */
export function createCacheDatabase(name: string, version: number, stores: StoreNames) {
  let connection: IDBDatabase | undefined;
  let outOfUse = false;
  let hanging = false;
  let damaged = false;
  let recreated = false;
  // Begun before anything is asked for: the first pictures do not wait for it.
  let opening: Promise<unknown> | undefined = patiently(establish);

  function deleteDatabase(giveUp: () => void): Promise<unknown> {
    return settled(indexedDB.deleteDatabase(name), giveUp);
  }

  async function open(giveUp: () => void): Promise<void> {
    if (damaged) await deleteDatabase(giveUp);
    damaged = false;
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => createStores(request.result, stores);
    await settled(request, giveUp);
    connection = request.result;
    connection.onversionchange = ({ newVersion }) => {
      // A tab that runs a newer version of the application upgrades the database: ours is the outdated side.
      if (newVersion) outOfUse = true;
      release();
    };
    if (!hasOurStores(connection, stores)) condemn();
  }

  async function establish(giveUp: () => void): Promise<void> {
    // Where storage is forbidden, browsers have been seen to throw on the mere mention of it.
    while (!connection && !outOfUse) await open(giveUp).catch(condemn);
    if (outOfUse) release();
    opening = undefined;
  }

  /** What is there is of no use to us. */
  function condemn(): void {
    release();
    outOfUse ||= recreated;
    damaged = recreated = true;
  }

  function release(): void {
    connection?.close();
    connection = undefined;
  }

  const isUsable = () => !outOfUse && !hanging;

  return {
    /**
     * Runs `work` in a transaction (see {@link transact}). Gives undefined when that could
     * not be done, or not in time: a page full of pictures waits two seconds for a browser that does not answer, and
     * not for each picture. Begins at once when the database is open: a page that is left has no time.
     *
     * @throws DOMException `QuotaExceededError` or `ConstraintError`, when it is to write; nothing else
     */
    async use<const Names extends readonly StoreName[], Result extends object | true>(
      mode: 'readonly' | 'readwrite',
      names: Names,
      work: (...stores: StoresOf<Names>) => Result,
    ): Promise<Result | undefined> {
      for (const isLastTry of [false, true]) {
        if (!connection && isUsable()) {
          opening ??= patiently(establish);
          await opening;
        }
        const database = connection;
        if (!database || hanging) return undefined;
        try {
          const running = () =>
            transact(database, mode, names, work).finally(() => {
              hanging = false;
            });
          const result = await patiently(running);
          hanging = !result;
          return result;
        } catch (error) {
          // No room, or what was to be written is out of date: the database itself is in order.
          const isRefusal = ['QuotaExceededError', 'ConstraintError'].includes(
            (error as DOMException | null)?.name ?? '',
          );
          if (mode === 'readwrite' && isRefusal) throw error;
          // Calls that fail together share a connection: only the first of them may draw conclusions.
          if (connection !== database) continue;
          // Often it was only the connection that went away.
          if (isLastTry) condemn();
          else release();
        }
      }
      return undefined;
    },

    isUsable,

    /**
     * Deletes the database, whatever state it is in.
     *
     * @throws PixstoreError `STORAGE_FAILED` when the browser does not let us, or another tab holds on to it
     */
    async remove(): Promise<void> {
      release();
      // To be blocked is not the end: tabs that are asked let go of it, and so do we, as soon as their writes are through.
      const cause: unknown = await patiently(() => deleteDatabase(() => {})).catch((error) => error);
      // It is done; or a page that has no IndexedDB, or may not store anything, has nothing to delete.
      if (cause && (!(cause instanceof DOMException) || cause.name === 'SecurityError')) return;
      throw new PixstoreError('STORAGE_FAILED', 'The image cache is in use: close other tabs of this site.', { cause });
    },

    close(): void {
      outOfUse = true;
      release();
    },
  };
}
