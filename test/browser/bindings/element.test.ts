import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { photo } from '../harness/backend.js';
import type { Listening } from '../harness/listen.js';
import { urlsLeft } from '../harness/urls.js';
import { eventually, startFrontend, useWorld } from '../harness/world.js';
import { look, newTab, toldOf } from './look.js';
import { serveApp } from './serve-app.js';

// What only an element has: it is there before its script, and goes where the page puts it.
const world = useWorld();
let site: Listening;
beforeAll(async () => {
  site = await serveApp('element.ts');
});
afterAll(() => site.close());

async function open(before: (tab: Page) => Promise<void> = async () => {}): Promise<Page> {
  const tab = await newTab(world);
  await before(tab);
  await tab.goto(site.origin);
  await startFrontend(world, tab);
  return tab;
}

const shown = { status: 'loaded', alt: 'A cat', width: 8 };

/** Puts an element into the page; it is `image` there. */
async function put(tab: Page, record: ImageRecord, slotted = ''): Promise<void> {
  await tab.evaluate(
    ({ record, slotted }) => {
      const image = document.createElement('pixstore-image');
      image.innerHTML = slotted;
      Object.assign(globalThis, { image });
      Object.assign(image, { frontend, record });
      image.setAttribute('alt', 'A cat');
      document.body.append(image);
    },
    { record, slotted },
  );
}

/** One with a picture that is there. */
async function add(tab: Page): Promise<void> {
  await put(tab, await world.backend.save(smallPicture()));
  await eventually(() => look(tab)).toEqual([shown]);
}

test('properties that were set before the element was defined count', async () => {
  const record = await world.backend.save(smallPicture());
  const tab = await open();
  await tab.evaluate((record) => {
    const name = 'private-image';
    const early = Object.assign(document.createElement(name), { frontend, record });
    document.body.append(early);
    customElements.define(name, class extends (customElements.get('pixstore-image') as typeof HTMLElement) {});
    Object.assign(globalThis, { early });
  }, record);
  const state = () => tab.evaluate(() => (globalThis as unknown as { early: HTMLElement }).early.dataset.status);
  await eventually(state).toBe('loaded');
});

test('one that is moved keeps its picture, and one that is removed lets go of it', async () => {
  const tab = await open();
  await add(tab);
  const sources = await tab.evaluate(async () => {
    const { image } = globalThis as unknown as { image: HTMLElement };
    const source = () => image.shadowRoot?.querySelector('img')?.getAttribute('src');
    const before = source();
    const elsewhere = document.createElement('section');
    document.body.append(elsewhere);
    elsewhere.append(image);
    const moved = source();
    await new Promise((resolve) => setTimeout(resolve));
    return [moved === before, source() === before];
  });
  expect(sources).toEqual([true, true]);
  expect(await urlsLeft(tab)).toBe(0);
  expect(await tab.evaluate(() => loads.length)).toBeLessThanOrEqual(2);
  await tab.evaluate(() => (globalThis as unknown as { image: HTMLElement }).image.remove());
  await eventually(() => urlsLeft(tab)).toBe(0);
});

test('it has the size that the page gives it, in a document of another frame, too', async () => {
  const tab = await open();
  await add(tab);
  const sizes = await tab.evaluate(async () => {
    const { image } = globalThis as unknown as { image: HTMLElement };
    const inner = () => image.shadowRoot?.querySelector('img')?.getBoundingClientRect();
    const sizeOf = (rect: DOMRect | undefined) => [rect?.width, rect?.height];
    const natural = sizeOf(inner());
    image.style.width = '200px';
    const wide = sizeOf(inner());
    image.style.height = '50px';
    const cut = sizeOf(inner());
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentDocument?.body.append(image);
    return [natural, wide, cut, sizeOf(inner())];
  });
  expect(sizes).toEqual([
    [8, 8],
    [200, 200],
    [200, 50],
    [200, 50],
  ]);
});

test('what is slotted is shown while it loads, or after an error, and never over a picture', async () => {
  const record = await world.backend.save(smallPicture());
  const tab = await open();
  world.tap.meddle = () => new Promise(() => {});
  await put(tab, record, '<i slot="loading">wait</i><button slot="error">again</button>');
  const visible = () =>
    tab.evaluate(() =>
      [...(globalThis as unknown as { image: HTMLElement }).image.children]
        .filter((child) => child.checkVisibility() && (child as HTMLElement).assignedSlot)
        .map(({ textContent }) => textContent),
    );
  await eventually(visible).toEqual(['wait']);
  expect(await toldOf(tab)).toEqual(['image A cat']);
  await tab.evaluate(() => frontend.clearImageCache());
  await eventually(visible).toEqual(['again']);
  expect(await toldOf(tab)).toEqual(['group A cat']);
  world.tap.meddle = undefined;
  await tab.evaluate(() => (globalThis as unknown as { image: { retry(): void } }).image.retry());
  await eventually(visible).toEqual([]);
  expect(await toldOf(tab)).toEqual(['image A cat']);
});

test('its name is its alternative text, and one without any only decorates', async () => {
  const tab = await open();
  await add(tab);
  expect(await toldOf(tab)).toEqual(['image A cat']);
  const rename = (alt: string) =>
    tab.evaluate((alt) => (globalThis as unknown as { image: HTMLElement }).image.setAttribute('alt', alt), alt);
  await rename('A dog');
  expect(await toldOf(tab)).toEqual(['image A dog']);
  await rename('');
  expect(await toldOf(tab)).toEqual([]);
});

test('moved to another document it shows its picture there, and others are painted as before', async () => {
  const tab = await open();
  const large = await world.backend.save(await photo('hubble.jpg'));
  await tab.evaluate((record) => {
    const add = (target: Node | undefined) => {
      const image = document.createElement('pixstore-image');
      Object.assign(image, { frontend, record });
      target?.appendChild(image);
      return image;
    };
    const image = add(document.body);
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const move = () => frame.contentDocument?.body.append(image);
    Object.assign(globalThis, { image, move, add });
  }, large);
  interface Moving {
    image: HTMLElement;
    move(): void;
    add(target: Node): HTMLElement;
  }
  const shownIn = (name: 'image' | 'next') =>
    tab.evaluate((name) => {
      const page = globalThis as unknown as Moving & { next: HTMLElement };
      const { image, canvas } = pictureOf(page[name]);
      return canvas ? 'canvas' : image?.complete && image.naturalWidth;
    }, name);
  await eventually(() => shownIn('image')).toBe(1000);
  const isBroken = await tab.evaluate(async () => {
    const { image, move } = globalThis as unknown as Moving;
    const inner = pictureOf(image).image;
    const failed = new Promise((resolve) => inner?.addEventListener('error', () => resolve(true)));
    move();
    return await failed;
  });
  expect(isBroken, 'its URL leads nowhere any more').toBe(true);
  await eventually(() => shownIn('image')).toBe(1000);
  await tab.evaluate(() => {
    Object.assign(globalThis, { next: (globalThis as unknown as Moving).add(document.body) });
  });
  await eventually(() => shownIn('next')).toBe(1000);
});

test('what is slotted lies over the place of the picture, and moves nothing', async () => {
  const record = await world.backend.save(smallPicture());
  const tab = await open();
  world.tap.meddle = () => new Promise(() => {});
  const boxes = await tab.evaluate((record) => {
    const image = document.createElement('pixstore-image');
    Object.assign(image, { frontend, record });
    image.style.cssText = 'width: 200px; height: auto; aspect-ratio: 2';
    document.body.append(image);
    const box = () => image.getBoundingClientRect().toJSON();
    const empty = box();
    image.innerHTML = '<p slot="loading" style="margin: 0; width: 100%; height: 300px">wait</p>';
    return { empty, filled: box(), slotted: image.firstElementChild?.getBoundingClientRect().toJSON() };
  }, record);
  expect(boxes.empty).toMatchObject({ width: 200, height: 100 });
  expect(boxes.filled).toEqual(boxes.empty);
  expect(boxes.slotted).toMatchObject({ x: boxes.empty.x, y: boxes.empty.y });
});

test('what is slotted after the error is for assistive technology, too', async () => {
  const record = await world.backend.save(smallPicture());
  await world.backend.deleteImage(record.id);
  const tab = await open();
  await put(tab, record);
  await eventually(async () => (await look(tab))[0]?.status).toBe('error');
  expect(await toldOf(tab)).toEqual(['image A cat']);
  await tab.evaluate(() => {
    const button = Object.assign(document.createElement('button'), { slot: 'error', textContent: 'again' });
    (globalThis as unknown as { image: HTMLElement }).image.append(button);
  });
  await eventually(() => toldOf(tab)).toEqual(['group A cat']);
});

test('sizes and fetchpriority count when they change, and a low priority does', async () => {
  const record = await world.backend.save(smallPicture());
  const variant = (side: number) => ({ ...record, id: `${record.id}.w${side}`, width: side, height: side });
  const [small, large] = [variant(10), variant(20)];
  const tab = await open();
  const asked = await tab.evaluate(
    async (record) => {
      const asked: unknown[] = [];
      const image = document.createElement('pixstore-image');
      image.frontend = {
        ...frontend,
        observeBytes: (record, context, options) => {
          asked.push([record.id, options?.priority]);
          return frontend.observeBytes(record, context, options);
        },
      };
      image.record = record;
      image.setAttribute('sizes', '5');
      image.setAttribute('fetchpriority', 'low');
      document.body.append(image);
      await new Promise(requestAnimationFrame);
      image.setAttribute('fetchpriority', 'high');
      image.setAttribute('sizes', '15');
      return asked;
    },
    { ...record, width: 100, height: 100, variants: { small, large } },
  );
  expect(asked).toEqual([
    [small.id, 'low'],
    [large.id, 'high'],
  ]);
});
