/** What a cached image is kept as: one of these. */
export interface Contents {
  /** With its tag behind it. */
  ciphertext: Uint8Array<ArrayBuffer>;
  /** In a decrypted cache: the format's byte and the image. */
  plaintext: Uint8Array<ArrayBuffer>;
}

/** One cached image. Read only to show it: everything else goes by its usage row. */
export interface ImageRow extends Partial<Contents> {
  id: string;
  token: number;
  size: number;
}

/** What is known about a cached image; kept apart so that a hit never rewrites image bytes. */
export interface UsageRow {
  id: string;
  token: number;
  /** Bytes of the image. */
  size: number;
  /** Milliseconds since 1970. */
  lastUsed: number;
}

/**
 * The last time that everything was deleted: what was asked for before must not be written any more. There is one row at
 * most, by a unique index on `isLatest`; to put another beside it is an error that undoes the transaction.
 */
export interface LogoutRow {
  /** Later logouts have higher numbers. */
  id: number;
  isLatest: 1;
}

/** What is in which store. */
export interface Rows {
  images: ImageRow;
  usage: UsageRow;
  logouts: LogoutRow;
}

/** What an object store is for; in the browser it has the name that {@link storeNames} gives it. */
export type StoreRole = keyof Rows;
export type StoreNames = Readonly<Record<StoreRole, string>>;

/** What the names of object stores go by. */
export interface StoreNameOptions {
  /** Object store of the images. Default `images`. */
  imageStoreName: string;
  /**
   * What the disk cache holds. `encrypted` (default): ciphertext, decrypted in memory on every use; it is of no use
   * without a record. `decrypted`: plain images, faster, but readable by whoever can read the browser's profile, and
   * shown to any record of the same version, whatever its key. Changing it deletes what is cached.
   */
  frontendCacheContents: 'encrypted' | 'decrypted';
}

/**
 * Names of the object stores. That of the usage store tells encrypted and decrypted caches apart, so that after a
 * change of `frontendCacheContents` the old cache counts as foreign and is deleted: no plaintext stays behind.
 */
export function storeNames({ imageStoreName: images, frontendCacheContents: contents }: StoreNameOptions): StoreNames {
  const usage = `${images}-usage${contents === 'decrypted' ? '-decrypted' : ''}`;
  return { usage, logouts: `${images}-logouts`, images };
}

/** Makes the stores, in an upgrade transaction. Whatever an older version held is dropped: it was a cache. */
export function createStores(database: IDBDatabase, { usage, logouts, images }: StoreNames): void {
  for (const name of database.objectStoreNames) database.deleteObjectStore(name);
  database.createObjectStore(images, { keyPath: 'id' });
  database.createObjectStore(usage, { keyPath: 'id' }).createIndex('lastUsed', 'lastUsed');
  database.createObjectStore(logouts, { keyPath: 'id' }).createIndex('isLatest', 'isLatest', { unique: true });
}

/**
 * Does an opened database have our stores, made as we make them?
 *
 * @throws when one of them, or an index, is not there
 */
export function hasOurStores(database: IDBDatabase, names: StoreNames): boolean {
  const all = Object.values(names);
  const transaction = database.transaction(all);
  transaction.objectStore(names.usage).index('lastUsed');
  const { unique } = transaction.objectStore(names.logouts).index('isLatest');
  return all.every((name) => {
    const { keyPath, autoIncrement } = transaction.objectStore(name);
    return unique && keyPath === 'id' && !autoIncrement;
  });
}
