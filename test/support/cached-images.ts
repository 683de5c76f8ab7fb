import type { Page } from 'playwright-core';

/** How many images the browser's cache holds. */
export function cachedImages(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const request = indexedDB.open('pixstore');
    await new Promise((resolve) => request.addEventListener('success', resolve));
    const count = request.result.transaction('images').objectStore('images').count();
    await new Promise((resolve) => count.addEventListener('success', resolve));
    request.result.close();
    return count.result;
  });
}
