import { isAlive, type Names, withKey } from './tables.js';

// Folders share so many locks, so that what changes many of them at once takes no more.
const folderLocks = 128;
const sessionLock = folderLocks;
const migrationLock = folderLocks + 1;

/**
 * SQL, in PL/pgSQL: locks that end with the transaction. Whoever keeps parts shares the lock of their folder and, with
 * blobs, that of sessions; whoever changes keys of a folder, or ends sessions, has it alone. Where a folder has a quota, its
 * saves come one after the other, by a lock of which every folder has one. They are advisory locks, in
 * memory: shared locks on rows would be written to disk for every save.
 *
 * All take locks in one order, so that nobody waits in a circle: folders ascending, quota, sessions, originals of images by
 * id (each is the lock of its whole image), counts of folder keys, one row of `folder_usage`, and last that of `counters`.
 */
export function createLocks(names: Names) {
  const { schema, lockClass } = names;
  const lock = (kind: 'shared' | 'alone', key: string | number) =>
    `PERFORM pg_advisory_xact_lock${kind === 'shared' ? '_shared' : ''}(${lockClass}, ${key});`;
  const lockOf = (folder: string) => `(hashtext(${folder}) & ${folderLocks - 1})`;

  return {
    /** @param folder - SQL that says which */
    folder: (kind: 'shared' | 'alone', folder: string): string => lock(kind, lockOf(folder)),
    /** @param folders - SQL that says which, an array; with a variable `folder_lock` to be declared */
    folders: (kind: 'shared' | 'alone', folders: string): string => `
      FOR folder_lock IN SELECT DISTINCT ${lockOf('folder')} AS key FROM unnest(${folders}) folder ORDER BY key LOOP
        ${lock(kind, 'folder_lock')}
      END LOOP;`,
    /** Numbers below 0, so that none is another lock's. @param folder - SQL that says which */
    quota: (folder: string): string => lock('alone', `~(hashtext(${folder}) & 2147483647)`),
    sessions: (kind: 'shared' | 'alone'): string => lock(kind, sessionLock),
    migration: lock('alone', migrationLock),
    /**
     * Of the image `p_id`, with a variable `stored` to be declared: what its original is, if any, and whether its key is there.
     * That is looked at when the lock is had: a statement that has waited for a row finds it as it now is, beside the key that it
     * named before, and a living image would look dead.
     */
    image: `
      PERFORM FROM ${schema}.parts WHERE id = p_id AND variant = '' FOR UPDATE;
      SELECT p.token, p.sealing, ${isAlive} AS is_alive INTO stored FROM ${withKey(names)}
      WHERE FOUND AND p.id = p_id AND p.variant = '';`,
  };
}

/** SQLSTATE of what follows. */
export const wrongIsolation = 'PX001';

/**
 * SQL, in PL/pgSQL: how every change begins. Each statement must see what was committed before it, also by those whose lock it
 * has waited for: stricter levels look at the moment before. And what is committed must be on the disk when that is told,
 * whatever the server does by default: a blob is removed on the word of a row, and does not come back with the row of before.
 */
export const beginChange = `
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'not read committed' USING ERRCODE = '${wrongIsolation}';
  END IF;
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;`;

/** In ms. Who waits longer for a lock gives up, and then it is certain that nothing was changed. */
export const lockTimeout = 4_000;

/** SQL: a function that changes something, in one commit. Its name says for which version of the schema it was made. */
export function changeFunction(signature: string, body: string): string {
  return `CREATE FUNCTION ${signature} LANGUAGE plpgsql SET lock_timeout = ${lockTimeout} AS $function$${body}$function$;`;
}
