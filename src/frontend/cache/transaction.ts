import type { Rows, StoreName } from './schema.js';

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

/** The stores of a transaction, in the order of their names. */
export type StoresOf<Names extends readonly StoreName[]> = { [At in keyof Names]: Store<Rows[Names[At]]> };

/**
 * Runs `work` in one transaction and resolves, when that is complete, with what `work` returned: often a request, whose
 * result is there by then. Rejects with the transaction's error, which is also that of a request that broke it.
 *
 * @param work - starts requests, and answers them in their `onsuccess`
 */
export function transact<const Names extends readonly StoreName[], Result>(
  database: IDBDatabase,
  mode: 'readonly' | 'readwrite',
  names: Names,
  work: (...stores: StoresOf<Names>) => Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    // relaxed: a cache need not survive a power cut, and the disk is spared a sync per image.
    const transaction = database.transaction(names, mode, { durability: 'relaxed' });
    const result = work(...(names.map((name) => transaction.objectStore(name)) as unknown as StoresOf<Names>));
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
