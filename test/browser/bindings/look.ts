import type { Page } from 'playwright-core';

/** How an `<img>` of the page looks, wherever it is. */
export interface Drawn {
  status: string | undefined;
  alt: string;
  /** Pixels; 0 where there is no picture. */
  width: number;
}

/** Makes closed shadow roots open, and counts URLs: a test has to look. */
export async function prepare(tab: Page): Promise<void> {
  await tab.addInitScript(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (options) {
      return attachShadow.call(this, { ...options, mode: 'open' });
    };
    const { createObjectURL, revokeObjectURL } = URL;
    const urls = new Set<string>();
    URL.createObjectURL = (blob) => {
      const url = createObjectURL(blob);
      urls.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      urls.delete(url);
      revokeObjectURL(url);
    };
    /** All images, also those in shadow roots. */
    const images = () =>
      [...document.querySelectorAll('img, pixstore-image')].map(
        (element) => element.shadowRoot?.querySelector('img') ?? (element as HTMLImageElement),
      );
    Object.assign(globalThis, { urls, images });
  });
}

declare global {
  var urls: Set<string>;
  var images: () => HTMLImageElement[];
}

/** How the images of the page look now. */
export const look = (tab: Page): Promise<Drawn[]> =>
  tab.evaluate(() =>
    globalThis.images().map((image) => ({
      status: image.dataset.status,
      alt: (image.getRootNode() as ShadowRoot).host?.getAttribute('alt') ?? image.alt,
      width: image.src ? image.naturalWidth : 0,
    })),
  );

export const urlsLeft = (tab: Page) => tab.evaluate(() => globalThis.urls.size);

/** What assistive technology is told of pictures: role and name. */
export async function toldOf(tab: Page): Promise<string[]> {
  const devtools = await tab.context().newCDPSession(tab);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ role, ignored }) => !ignored && ['image', 'group'].includes(role?.value))
    .map(({ role, name }) => `${role?.value} ${name?.value}`);
}
