import type { Page } from 'playwright-core';

/** Runs in the page: notes the URLs of Blobs that nobody has revoked yet. */
export function noteUrls(): void {
  const urls = new Set<string>();
  Object.assign(globalThis, { urls });
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL(blob);
    urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    revokeObjectURL(url);
  };
}

export const urlsLeft = (tab: Page): Promise<number> =>
  tab.evaluate(() => (globalThis as unknown as { urls: Set<string> }).urls.size);
