import type { Frame } from '../page/pages.js';

/** Puts a row into the store of images, as any script of the page's origin could. */
export async function putRow(page: Frame, row: unknown): Promise<void> {
  const database = await page.openRaw('pixstore');
  const transaction = database.transaction('images', 'readwrite');
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  transaction.objectStore('images').put(row);
  database.close();
  await done;
}

/** How many images are on disk, without reading them. */
export async function countRows(page: Frame): Promise<number> {
  const database = await page.openRaw('pixstore');
  const request = database.transaction('images').objectStore('images').count();
  database.close();
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
