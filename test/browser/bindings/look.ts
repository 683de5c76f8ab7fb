import type { BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { noteUrls } from '../harness/urls.js';
import { openContext, type World } from '../harness/world.js';

/** How an `<img>` of the page looks, wherever it is. */
export interface Drawn {
  status: string | undefined;
  alt: string;
  /** Pixels; 0 where there is no picture. */
  width: number;
}

/** A tab in whose pages a test can look, and every error is caught. */
export async function newTab(world: World, context?: BrowserContext): Promise<Page> {
  const tab = await (context ?? (await openContext(world))).newPage();
  const uncaught: Error[] = [];
  tab.on('pageerror', (error) => uncaught.push(error));
  onTestFinished(() => expect(uncaught).toEqual([]));
  await prepare(tab);
  return tab;
}

/** Makes closed shadow roots open, and notes URLs. */
async function prepare(tab: Page): Promise<void> {
  await tab.addInitScript(() => {
    const { attachShadow } = Element.prototype;
    Element.prototype.attachShadow = function (options) {
      return attachShadow.call(this, { ...options, mode: 'open' });
    };
    /** All images, also those in shadow roots. */
    const images = () =>
      [...document.querySelectorAll('img, pixstore-image')].map(
        (element) => element.shadowRoot?.querySelector('img') ?? (element as HTMLImageElement),
      );
    Object.assign(globalThis, { images });
  });
  await tab.addInitScript(noteUrls);
}

declare global {
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

/** What assistive technology is told of pictures: role and name. */
export async function toldOf(tab: Page): Promise<string[]> {
  const devtools = await tab.context().newCDPSession(tab);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ role, ignored }) => !ignored && ['image', 'group'].includes(role?.value))
    .map(({ role, name }) => `${role?.value} ${name?.value}`);
}
