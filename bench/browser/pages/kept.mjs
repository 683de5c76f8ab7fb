/** Where pixstore and the peer keep images, unless told otherwise. */
const place = { database: 'pixstore', store: 'images' };

/**
 * How many images are on disk, seen from outside of any library.
 *
 * @param {{ database: string, store: string }} [where]
 * @returns {Promise<number>}
 */
export async function countKept({ database: name, store } = place) {
  const known = (await indexedDB.databases()).some((database) => database.name === name);
  if (!known) return 0;
  const database = await settled(indexedDB.open(name));
  try {
    if (!database.objectStoreNames.contains(store)) return 0;
    return await settled(database.transaction(store).objectStore(store).count());
  } finally {
    database.close();
  }
}

/**
 * @template Result
 * @param {IDBRequest<Result>} request
 * @returns {Promise<Result>}
 */
export function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
