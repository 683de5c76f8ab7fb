import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { patiently } from './patiently.js';
import { createStores, hasOurStores, type StoreNames, type StoreRole } from './schema.js';
import { type StoresOf, settled, transact } from './transaction.js';

/** The IndexedDB database of the disk cache: there if it can be, and never in the way. */
export type CacheDatabase = ReturnType<typeof createCacheDatabase>;

/** Which database it is. */
export interface DatabaseOptions {
  /** Name of the IndexedDB database; pixstore's alone, since it is deleted when it looks damaged. Default `pixstore`. */
  frontendDbName: string;
  /** Raise it to start every visitor's cache afresh. Default 1. */
  frontendDbVersion: number;
}

/**
 * Where the database is. What is of no use is deleted and made anew, once in the life of a page.
 *
 *     opening ── it is there, as we make it ────────────────────────────► open
 *     opening ── it is not, though it was made anew ────────────────────► unusable
 *     open ───── closed by the browser, another tab or a failure ───────► closed
 *     open ───── fails twice in a row ──────────────────────────────────► opening, or unusable if it was made anew
 *     open ───── a transaction is not answered in time ─────────────────► stuck
 *     stuck ──── it is answered after all ──────────────────────────────► open
 *     closed ─── it is needed ──────────────────────────────────────────► opening
 *     any ────── a newer version of the application wants it, or close ─► unusable
 */
type Phase =
  | {
      is: 'opening';
      /** Settles when it is done, or took too long. */
      ready: Promise<unknown>;
    }
  | { is: 'open' | 'stuck'; connection: IDBDatabase }
  | { is: 'closed' | 'unusable' };

/** Opens the database at once: the first pictures do not wait for it. */
export function createCacheDatabase(
  { frontendDbName: name, frontendDbVersion: version }: DatabaseOptions,
  names: StoreNames,
) {
  let wasMadeAnew = false;
  let phase: Phase = beginOpening(false);

  /** @param isDamaged - it is deleted first */
  function beginOpening(isDamaged: boolean): Phase {
    return { is: 'opening', ready: patiently((giveUp) => establish(isDamaged, giveUp)) };
  }

  /** Never rejects. */
  async function establish(isDamaged: boolean, giveUp: () => void): Promise<void> {
    let connection: IDBDatabase | undefined;
    await undefined; // what fails at once must find us in this phase
    try {
      wasMadeAnew ||= isDamaged;
      if (isDamaged) await deleteDatabase(giveUp);
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => createStores(request.result, names);
      await settled(request, giveUp);
      connection = request.result;
      connection.onversionchange = ({ newVersion }) => {
        // A tab that runs a newer version of the application upgrades the database: ours is the outdated side.
        if (newVersion) retire();
        else release();
      };
      if (phase.is === 'opening' && hasOurStores(connection, names)) {
        phase = { is: 'open', connection };
        return;
      }
    } catch {
      // Where storage is forbidden, browsers have been seen to throw on the mere mention of it.
    }
    connection?.close();
    // Unless it was closed meanwhile.
    if (phase.is !== 'opening') return;
    if (wasMadeAnew) retire();
    else await establish(true, giveUp);
  }

  function deleteDatabase(onBlocked: () => void): Promise<unknown> {
    return settled(indexedDB.deleteDatabase(name), onBlocked);
  }

  /** One that is stuck stays so until it answers: to open another would be to wait again. */
  function release(): void {
    if ('connection' in phase) phase.connection.close();
    if (phase.is === 'open') phase = { is: 'closed' };
  }

  function retire(): void {
    release();
    phase = { is: 'unusable' };
  }

  return {
    /**
     * Runs `work` in a transaction (see `transact`). Gives undefined when that could not be done, or not in time: a page
     * full of pictures waits two seconds for a browser that does not answer, and not for each picture. Begins at once
     * when the database is open: a page that is left has no time.
     *
     * @throws DOMException `QuotaExceededError` or `ConstraintError`, when it is to write; nothing else
     */
    async use<Role extends StoreRole, Result extends object | true>(
      mode: 'readonly' | 'readwrite',
      roles: readonly Role[],
      work: (stores: StoresOf<Role>) => Result,
    ): Promise<Result | undefined> {
      for (const isLastTry of [false, true]) {
        if (phase.is === 'closed') phase = beginOpening(false);
        if (phase.is === 'opening') await phase.ready;
        if (phase.is !== 'open') return undefined;
        const open = phase;
        const { connection } = open;
        const answered = () => {
          if (phase.is === 'stuck') phase = open;
        };
        try {
          const transaction = () => transact(connection, names, { mode, roles, work }).finally(answered);
          const result = await patiently(transaction);
          if (!result && phase === open) phase = { is: 'stuck', connection };
          return result;
        } catch (error) {
          if (mode === 'readwrite' && isRefusal(error)) throw error;
          // Calls that fail together share a connection: only the first of them may draw conclusions.
          if (phase !== open) continue;
          // Often it was only the connection that went away.
          release();
          if (isLastTry) phase = wasMadeAnew ? { is: 'unusable' } : beginOpening(true);
        }
      }
      return undefined;
    },

    isUsable: () => phase.is !== 'unusable' && phase.is !== 'stuck',

    /**
     * Deletes the database, whatever state it is in.
     *
     * @throws PixstoreError `STORAGE_FAILED` when the browser does not let us, or another tab holds on to it
     */
    async remove(): Promise<void> {
      release();
      let cause: unknown;
      try {
        // To be blocked is not the end: tabs that are asked let go of it, and so do we, as soon as their writes are through.
        const isDeleted = await patiently(() => deleteDatabase(() => {}));
        if (isDeleted) return;
      } catch (error) {
        // A page that has no IndexedDB, or may not store anything, has nothing to delete.
        if (!(error instanceof DOMException) || error.name === 'SecurityError') return;
        cause = error;
      }
      throw new PixstoreError('STORAGE_FAILED', 'The image cache is in use: close other tabs of this site.', { cause });
    },

    close: retire,
  };
}

/** No room, or what was to be written is out of date: the database itself is in order. */
function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && ['QuotaExceededError', 'ConstraintError'].includes(error.name);
}
