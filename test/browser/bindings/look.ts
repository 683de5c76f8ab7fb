import type { BrowserContext, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { noteUrls } from '../harness/urls.js';
import { openContext, type World } from '../harness/world.js';

/** How an element that shows a picture looks. */
export interface Drawn {
  status: string | undefined;
  alt: string;
  /** Pixels, of the file or of the canvas that it was decoded into; 0 where there is no picture. */
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
    /** All elements that show a picture, or have a name of one. */
    const images = () => [...document.querySelectorAll<HTMLElement>('img, pixstore-image, [data-status]')];
    /** What they show it by: themselves, or what is in their shadow root. */
    const pictureOf = (element: HTMLElement) => {
      const { shadowRoot } = element;
      const image = shadowRoot ? shadowRoot.querySelector('img') : (element as HTMLImageElement);
      return { image, canvas: shadowRoot?.querySelector('canvas') };
    };
    Object.assign(globalThis, { images, pictureOf });
  });
  await tab.addInitScript(noteUrls);
}

declare global {
  var images: () => HTMLElement[];
  var pictureOf: (element: HTMLElement) => {
    image: HTMLImageElement | null;
    canvas: HTMLCanvasElement | null | undefined;
  };
}

/** How the images of the page look now. */
export const look = (tab: Page): Promise<Drawn[]> =>
  tab.evaluate(() =>
    globalThis.images().map((element) => {
      const { image, canvas } = globalThis.pictureOf(element);
      return {
        status: element.dataset.status,
        alt: element.getAttribute('alt') ?? element.ariaLabel ?? '',
        width: canvas ? canvas.width : image?.src ? image.naturalWidth : 0,
      };
    }),
  );

/** What assistive technology is told of pictures: role and name. */
export async function toldOf(tab: Page): Promise<string[]> {
  const devtools = await tab.context().newCDPSession(tab);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ role, ignored }) => !ignored && ['image', 'group'].includes(role?.value))
    .map(({ role, name }) => `${role?.value} ${name?.value}`);
}
