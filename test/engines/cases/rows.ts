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
