import type { Rows, StoreNames, StoreRole } from './schema.js';

/** An object store whose rows are known; the browser's own types say `any`. */
export interface Store<Row> extends IDBObjectStore {
  get(id: string): IDBRequest<Row | undefined>;
  getAll(range?: IDBKeyRange | null, count?: number): IDBRequest<Row[]>;
  put(row: Row): IDBRequest<IDBValidKey>;
  index(name: 'lastUsed'): Index<Row>;
}

interface Index<Row> extends IDBIndex {
  getAll(range?: IDBKeyRange | null, count?: number): IDBRequest<Row[]>;
}

/** The stores of a transaction. */
export type StoresOf<Role extends StoreRole> = { [In in Role]: Store<Rows[In]> };

/** What a transaction is to do, and where. */
export interface Transaction<Role extends StoreRole, Result> {
  mode: IDBTransactionMode;
  roles: readonly Role[];
  /** Starts requests, and answers them in their `onsuccess`. */
  work: (stores: StoresOf<Role>) => Result;
}

/**
 * Runs a transaction and resolves, when it is complete, with what its `work` returned: often a request, whose result is
 * there by then. Rejects with the transaction's error, which is also that of a request that broke it.
 */
export function transact<Role extends StoreRole, Result>(
  database: IDBDatabase,
  names: StoreNames,
  { mode, roles, work }: Transaction<Role, Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stores = roles.map((role) => names[role]);
    // relaxed: a cache need not survive a power cut, and the disk is spared a sync per image.
    const transaction = database.transaction(stores, mode, { durability: 'relaxed' });
    const opened = roles.map((role) => [role, transaction.objectStore(names[role])]);
    const result = work(Object.fromEntries(opened));
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Waits for a request to open or delete a database. */
export function settled(request: IDBOpenDBRequest, onBlocked: () => void): Promise<Event> {
  return new Promise((resolve, reject) => {
    request.onblocked = onBlocked;
    request.onsuccess = resolve;
    request.onerror = () => reject(request.error);
  });
}
