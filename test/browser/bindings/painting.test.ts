import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chunk, smallPicture } from '../../support/small-picture.js';
import { photo } from '../harness/backend.js';
import type { Listening } from '../harness/listen.js';
import { urlsLeft } from '../harness/urls.js';
import { endpointOf, eventually, openContext, startFrontend, useWorld } from '../harness/world.js';
import { look, newTab, toldOf } from './look.js';
import { serveApp } from './serve-app.js';

// How pictures get on the screen in Chromium, which has both ways: an <img>, and a canvas.
const world = useWorld();
let site: Listening;
beforeAll(async () => {
  site = await serveApp('painted.ts');
});
afterAll(() => site.close());

const tileStyle = 'width: 200px; height: 200px';

async function open(origin = site.origin, tab?: Page): Promise<Page> {
  const page = tab ?? (await newTab(world));
  await page.goto(origin);
  await startFrontend(world, page);
  return page;
}

const save = (bytes: Uint8Array) => world.backend.save(bytes);
const saveLarge = async () => save(await photo('hubble.jpg'));
type SavedRecord = Awaited<ReturnType<typeof save>>;
const add = (
  tab: Page,
  record: SavedRecord | null,
  style: string,
  options: { as?: 'img' | undefined; fit?: string } = {},
) => tab.evaluate(({ record, style, options }) => paint.add(record, style, options), { record, style, options });
const widths = async (tab: Page) => (await look(tab)).map(({ width }) => width);
const isCanvas = (tab: Page) => tab.evaluate(() => images().map((element) => !!pictureOf(element).canvas));
/** Widths of canvases that have pixels, wherever they are. */
const canvases = (tab: Page) =>
  tab.evaluate(() => (globalThis as unknown as { made: HTMLCanvasElement[] }).made.map(({ width }) => width));

/** Notes every canvas that is made. */
async function noteCanvases(tab: Page): Promise<void> {
  await tab.addInitScript(() => {
    const made: HTMLCanvasElement[] = [];
    Object.assign(globalThis, { made });
    const { createElement } = document;
    document.createElement = ((name: string, options?: ElementCreationOptions) => {
      const element = createElement.call(document, name, options);
      if (name === 'canvas') made.push(element as HTMLCanvasElement);
      return element;
    }) as typeof createElement;
  });
}

test('a large picture is decoded at the size it is seen, by object-fit, and anew as its element grows', async () => {
  const record = await saveLarge(); // 1000 x 872
  const tab = await open();
  await add(tab, record, tileStyle, { fit: 'cover' });
  await eventually(() => widths(tab)).toEqual([229]);
  expect(await tab.evaluate(() => told)).toEqual(['load']);
  await tab.evaluate((record) => paint.update(record, { fit: 'contain' }), record);
  // As many pixels as that takes are there already.
  expect(await widths(tab)).toEqual([229]);
  const gaps = tab.evaluate(async () => {
    let gaps = 0;
    tile.style.width = tile.style.height = '400px';
    for (let frame = 0; frame < 30; frame += 1) {
      await new Promise(requestAnimationFrame);
      const { image, canvas } = pictureOf(tile);
      if (!canvas?.width && !image?.src) gaps += 1;
    }
    return gaps;
  });
  await eventually(() => widths(tab)).toEqual([400]);
  expect(await gaps).toBe(0);
  await tab.evaluate(() => {
    tile.style.width = tile.style.height = '50px';
  });
  await eventually(() => widths(tab)).toEqual([50]);
  await tab.evaluate(() => {
    tile.style.width = tile.style.height = '950px';
  });
  await eventually(() => isCanvas(tab)).toEqual([false]);
  expect(await widths(tab)).toEqual([1000]);
  expect(await tab.evaluate(() => told), 'it is loaded once').toEqual(['load']);
});

test('a picture that takes the place of one that still loads is the one that is there in the end', async () => {
  const [small, large] = [await save(smallPicture()), await saveLarge()];
  const tab = await open();
  await add(tab, small, tileStyle);
  await add(tab, large, tileStyle);
  await eventually(() => widths(tab)).toEqual([8, 229]);
  const events = await tab.evaluate(
    async ([small, large]) => {
      const rounds: string[] = [];
      // Both are in memory, and the event of the <img> comes when the canvas is awaited.
      for (let round = 0; round < 20; round += 1) {
        paint.update(small ?? null);
        while (!pictureOf(tile).image?.src) await new Promise((resolve) => queueMicrotask(() => resolve(0)));
        told.length = 0;
        paint.update(large ?? null);
        while (told.length === 0) await new Promise((resolve) => setTimeout(resolve));
        rounds.push(`${told} ${pictureOf(tile).canvas?.width}`);
      }
      return [...new Set(rounds)];
    },
    [small, large],
  );
  expect(events).toEqual(['load 229']);
  await eventually(() => widths(tab)).toEqual([8, 229]);
  expect(await urlsLeft(tab)).toBe(0);
});

test('a screen with more pixels gets more', async () => {
  const record = await saveLarge();
  const context = await world.browser.newContext({ deviceScaleFactor: 2 });
  const tab = await open(site.origin, await newTab(world, context));
  await add(tab, record, tileStyle, { fit: 'contain' });
  await eventually(() => widths(tab)).toEqual([400]);
  await context.close();
});

test('an element that a transform makes small for a moment gets as many pixels as it will show', async () => {
  const tab = await open();
  await add(tab, await saveLarge(), `${tileStyle}; transform: scale(.1)`);
  await eventually(() => widths(tab)).toEqual([229]);
});

test('a canvas leaves the padding of its element free, as an <img> does', async () => {
  const tab = await open();
  const noise = { type: 'gaussian', mean: 100, sigma: 30 } as const;
  const picture = sharp({ create: { width: 400, height: 400, channels: 3, background: 'red', noise } });
  await add(tab, await save(await picture.png().toBuffer()), `${tileStyle}; padding: 20px`);
  await eventually(() => isCanvas(tab)).toEqual([true]);
  const padding = await tab.screenshot({ clip: { x: 0, y: 0, width: 240, height: 20 } });
  const { channels } = await sharp(padding).stats();
  expect(channels.map(({ min }) => min)).toEqual(channels.map(() => 255));
});

test('what leaves the viewport, or is stopped, gives its pixels back', async () => {
  const record = await saveLarge();
  const tab = await newTab(world);
  await noteCanvases(tab);
  await open(site.origin, tab);
  await add(tab, record, `${tileStyle}; display: block; margin-bottom: 5000px`);
  await add(tab, null, tileStyle);
  await eventually(() => widths(tab)).toEqual([229, 0]);
  await tab.evaluate(() => scrollTo(0, 5000));
  await eventually(() => widths(tab)).toEqual([0, 0]);
  expect(Math.max(...(await canvases(tab)))).toBe(0);
  await tab.evaluate((record) => paint.update(record), record);
  await eventually(() => widths(tab)).toEqual([0, 229]);
  await tab.evaluate(() => painted.stop());
  await eventually(() => widths(tab)).toEqual([0, 0]);
  expect(Math.max(...(await canvases(tab)))).toBe(0);
  expect(await urlsLeft(tab)).toBe(0);
});

test('pictures of every kind look as an <img> has them: turned, with other colours, transparent', async () => {
  const rocket = sharp(await photo('rocket.jpg'));
  const kinds = {
    turned: await rocket.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    mirrored: await rocket.clone().withMetadata({ orientation: 5 }).jpeg().toBuffer(),
    wide: await rocket.clone().withIccProfile('p3').jpeg().toBuffer(),
    grey: await rocket.clone().grayscale().jpeg().toBuffer(),
    webp: await rocket.clone().ensureAlpha(0.5).webp().toBuffer(),
    png: await rocket.clone().ensureAlpha(0.5).png().toBuffer(),
  };
  const tab = await open();
  for (const [kind, bytes] of Object.entries(kinds)) {
    const record = await save(bytes);
    const shots: Buffer[] = [];
    for (const as of [undefined, 'img'] as const) {
      await tab.evaluate(() => document.body.replaceChildren());
      await add(tab, record, 'width: 160px', { as });
      await eventually(() => tab.evaluate(() => told.splice(0))).toEqual(['load']);
      expect(await isCanvas(tab), kind).toEqual([as === undefined]);
      shots.push(await tab.screenshot({ clip: { x: 0, y: 0, width: 160, height: 240 } }));
    }
    const [canvas, image] = await Promise.all(shots.map((shot) => sharp(shot).removeAlpha().raw().toBuffer()));
    let difference = 0;
    for (const [at, byte] of (canvas ?? []).entries()) difference += Math.abs(byte - (image?.[at] ?? 0));
    expect(difference / (canvas?.length ?? 0), kind).toBeLessThan(2);
  }
});

test('what moves is an <img>, and so is what is small', async () => {
  const frames = await Promise.all(
    ['red', 'blue'].map((background) =>
      sharp({ create: { width: 500, height: 500, channels: 3, background, noise: { type: 'gaussian', sigma: 30 } } })
        .png()
        .toBuffer(),
    ),
  );
  const animated = await sharp(frames, { join: { animated: true } })
    .webp()
    .toBuffer();
  expect(animated.length).toBeGreaterThan(20_000);
  const tab = await open();
  await add(tab, await save(animated), tileStyle);
  await add(tab, await save(smallPicture()), tileStyle);
  await eventually(() => widths(tab)).toEqual([500, 8]);
  expect(await isCanvas(tab)).toEqual([false, false]);
  await eventually(() => urlsLeft(tab)).toBe(0);
});

test('what cannot be loaded is an error, with the text that was given in its place', async () => {
  const tab = await open();
  await add(tab, { ...(await saveLarge()), statelessProof: 'wrong' }, tileStyle);
  await eventually(() => tab.evaluate(() => told)).toEqual(['error']);
  expect(await tab.evaluate(() => pictureOf(tile).image?.alt)).toBe('A picture');
  expect(await toldOf(tab)).toEqual(['image A picture']);
  expect(await urlsLeft(tab)).toBe(0);
});

test('where the browser has no more canvases, a picture is an <img>', async () => {
  const tab = await open();
  await tab.evaluate(() => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  await add(tab, await saveLarge(), tileStyle);
  await eventually(() => tab.evaluate(() => told)).toEqual(['load']);
  expect([await isCanvas(tab), await widths(tab)]).toEqual([[false], [1000]]);
  expect(await urlsLeft(tab)).toBe(0);
});

test('a picture that no canvas can have is left to an <img>, which may have its own opinion of it', async () => {
  // A PNG whose pixels are none: its size is enough for Chromium to call it loaded.
  const header = Buffer.from(smallPicture().subarray(0, 33));
  const broken = Buffer.concat([header, chunk('IDAT', Buffer.alloc(10_000, 0xff)), chunk('IEND', Buffer.alloc(0))]);
  const tab = await open();
  await add(tab, await save(broken), 'width: 2px; height: 2px');
  await eventually(() => tab.evaluate(() => told)).toEqual(['load']);
  expect(await isCanvas(tab)).toEqual([false]);
  expect(await urlsLeft(tab)).toBe(0);
});

test('a larger variant that cannot be had takes nothing away of what is seen', async () => {
  const [record, variant] = [await saveLarge(), await save(smallPicture())];
  const small = { ...variant, width: 50, height: 44 };
  const tab = await open();
  await add(tab, { ...record, variants: { small } }, 'width: 40px; height: 30px');
  await eventually(() => widths(tab)).toEqual([8]);
  let isAsked = false;
  world.tap.meddle = (payload) => {
    isAsked = true;
    return payload.map((byte, at) => (at > payload.length - 9 ? byte ^ 1 : byte));
  };
  const gone = tab.evaluate(async () => {
    tile.style.width = tile.style.height = '200px';
    // Until it was asked for, and found wanting.
    for (let frame = 0; frame < 60; frame += 1) {
      await new Promise(requestAnimationFrame);
      if (!pictureOf(tile).image?.src) return true;
    }
    return false;
  });
  expect([await gone, isAsked]).toEqual([false, true]);
  await eventually(() => look(tab)).toMatchObject([{ status: 'loaded', width: 8 }]);
  expect(await tab.evaluate(() => told)).toEqual(['load']);
  world.tap.meddle = undefined;
  for (const [side, width] of [
    [40, 8],
    [200, 229],
  ]) {
    await tab.evaluate(async (side) => {
      tile.style.width = tile.style.height = `${side}px`;
      // Until it was measured: of two sizes in one frame the first is never seen.
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    }, side);
    await eventually(() => look(tab)).toMatchObject([{ status: 'loaded', width }]);
  }
});

test('another picture that memory has is not awaited behind the one before', async () => {
  const [one, other] = [await save(smallPicture()), await saveLarge()];
  const tab = await open();
  for (const record of [one, other]) await add(tab, record, tileStyle);
  await eventually(() => widths(tab)).toEqual([8, 229]);
  const left = await tab.evaluate((record) => {
    paint.update(record);
    const { image, canvas } = pictureOf(tile);
    return [canvas?.width, image?.getAttribute('src')];
  }, one);
  expect(left).toEqual([undefined, null]);
  await eventually(() => widths(tab)).toEqual([8, 8]);
});

test('nothing of a picture is in the DOM that a script of the page can read', async () => {
  const [large, small] = [await saveLarge(), await save(smallPicture())];
  // Without the roots that other tests open.
  const tab = await (await openContext(world)).newPage();
  await open(site.origin, tab);
  await tab.evaluate(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seen });
    const note = (node: Node) => seen.push(node instanceof Element ? node.outerHTML : (node.textContent ?? ''));
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) for (const node of [target, ...addedNodes]) note(node);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await add(tab, large, tileStyle);
  await eventually(() => tab.evaluate(() => told)).toEqual(['load']);
  await add(tab, small, tileStyle);
  await eventually(() => tab.evaluate(() => told)).toEqual(['load', 'load']);
  const { html, roots } = await tab.evaluate(() => ({
    html: [document.documentElement.outerHTML, ...(globalThis as unknown as { seen: string[] }).seen].join(),
    roots: [...document.querySelectorAll('*')].filter(({ shadowRoot }) => shadowRoot).length,
  }));
  expect(roots).toBe(0);
  expect(html).toContain('aria-label="A picture"');
  expect(html).not.toMatch(/data:image|blob:|<canvas|<img/);
});

test("under default-src 'self' pictures are drawn on canvases, and one refusal is all that is reported", async () => {
  const policy = () => `default-src 'self'; connect-src http://127.0.0.1:${world.tap.port}`;
  const strict = await serveApp('painted.ts', { policy });
  const tab = await newTab(world);
  await tab.addInitScript(() => {
    const refused: string[] = [];
    Object.assign(globalThis, { refused });
    document.addEventListener('securitypolicyviolation', (event) => {
      if (event.effectiveDirective === 'img-src' && event.blockedURI === 'data') refused.push(event.blockedURI);
    });
  });
  await open(strict.origin, tab);
  const refusedBefore = await tab.evaluate(() => (globalThis as unknown as { refused: string[] }).refused.length);
  await add(tab, await save(smallPicture()), '');
  await eventually(() => widths(tab)).toEqual([8]);
  await add(tab, await save(smallPicture()), '');
  await add(tab, await saveLarge(), '');
  await eventually(() => widths(tab)).toEqual([8, 8, 1000]);
  expect(await isCanvas(tab)).toEqual([true, true, true]);
  const refused = await tab.evaluate(() => (globalThis as unknown as { refused: string[] }).refused.length);
  expect(refused - refusedBefore).toBe(1);
  expect(await tab.evaluate(() => told)).toEqual(['load', 'load', 'load']);
  await strict.close();
});

test('what is printed is not blank', async () => {
  const tab = await open();
  const blank = (await tab.pdf()).toString('latin1').split('/Subtype /Image').length;
  await add(tab, await saveLarge(), tileStyle);
  await eventually(() => widths(tab)).toEqual([229]);
  const drawn = (await tab.pdf()).toString('latin1').split('/Subtype /Image').length;
  expect(drawn).toBeGreaterThan(blank);
});

test('a placeholder is there until the picture is, and no longer', async () => {
  const record = { ...(await saveLarge()), placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI' };
  const tab = await open();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  world.tap.meddle = async (payload) => {
    await answered;
    return payload;
  };
  await add(tab, record, tileStyle);
  await eventually(() => widths(tab)).toEqual([23]);
  expect(await look(tab)).toMatchObject([{ status: 'loading' }]);
  answer();
  await eventually(() => widths(tab)).toEqual([229]);
  await tab.evaluate(() => frontend.clearImageCache());
  await eventually(() => widths(tab)).toEqual([0]);
});

describe.each(['span', 'img'])('a <%s>', (name) => {
  const placeholder = '/placeholder.png';
  const background = (tab: Page) => tab.evaluate(() => tile.style.backgroundImage);
  const addOne = (tab: Page, record: SavedRecord) =>
    tab.evaluate(
      ({ record, style, name, placeholder }) => paint.add(record, style, { placeholder }, document.createElement(name)),
      { record, style: tileStyle, name, placeholder },
    );

  test('has a placeholder that is a URL behind it, as long as it is given one', async () => {
    const record = await saveLarge();
    const tab = await open();
    world.tap.meddle = () => new Promise(() => {});
    await addOne(tab, record);
    await eventually(() => background(tab)).toBe('url("/placeholder.png")');
    await tab.evaluate((record) => paint.update(record), record);
    expect(await background(tab)).toBe('');
  });

  test('that is stopped shows neither its picture nor its placeholder', async () => {
    const tab = await open();
    await addOne(tab, await saveLarge());
    await eventually(() => widths(tab)).toEqual([name === 'img' ? 1000 : 229]);
    expect(await background(tab)).toBe('');
    await tab.evaluate(() => painted.stop());
    expect(await look(tab)).toMatchObject([{ status: 'loading', width: 0 }]);
    expect(await background(tab)).toBe('');
  });
});

test('an <img> has the sides of its record, also of the next one, unless it has its own', async () => {
  const [large, small] = [await saveLarge(), await save(smallPicture())];
  const tab = await open();
  const sides = () => tab.evaluate(() => [tile.getAttribute('width'), tile.getAttribute('height')]);
  const paintIn = (own: Record<string, string>) =>
    tab.evaluate(
      ({ large, own }) => {
        const image = document.createElement('img');
        for (const [name, value] of Object.entries(own)) image.setAttribute(name, value);
        paint.add(large, '', {}, image);
      },
      { large, own },
    );
  await paintIn({});
  expect(await sides()).toEqual(['1000', '872']);
  await tab.evaluate((small) => paint.update(small), small);
  expect(await sides()).toEqual([`${small.width}`, `${small.height}`]);
  await tab.evaluate((large) => paint.update(large, { width: 300 }), large);
  expect(await sides()).toEqual(['300', '262']);
  await tab.evaluate(
    ({ small }) => {
      painted.stop();
      paint.add(small, '', {}, tile);
    },
    { small },
  );
  expect(await sides(), 'painted again').toEqual([`${small.width}`, `${small.height}`]);
  await paintIn({ width: '50%' });
  await tab.evaluate((small) => paint.update(small), small);
  expect(await sides()).toEqual(['50%', null]);
});

test('role and name of its own stay with an element; other ones go with what is painted', async () => {
  const record = await saveLarge();
  const tab = await open();
  const described = (own: Record<string, string>) =>
    tab.evaluate(
      ({ record, own, style }) => {
        const element = document.createElement('div');
        for (const [name, value] of Object.entries(own)) element.setAttribute(name, value);
        paint.add(record, style, { alt: 'Given' }, element);
        const seen = () => [element.getAttribute('role'), element.getAttribute('aria-label')];
        const states = [seen()];
        painted.update(record, {});
        states.push(seen());
        painted.stop();
        return [...states, seen()];
      },
      { record, own, style: tileStyle },
    );
  expect(await described({})).toEqual([
    ['img', 'Given'],
    ['presentation', ''],
    [null, null],
  ]);
  const button = { role: 'button', 'aria-label': 'Open' };
  expect(await described(button)).toEqual(Array.from({ length: 3 }, () => ['button', 'Open']));
  expect(await described({ 'aria-label': 'Own' })).toEqual([
    ['img', 'Own'],
    ['img', 'Own'],
    [null, 'Own'],
  ]);
});

test('another record without options is shown by those of before', async () => {
  const [one, other] = [await saveLarge(), { ...(await saveLarge()), placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI' }];
  const tab = await open();
  await add(tab, one, tileStyle, { fit: 'contain' });
  await eventually(() => widths(tab)).toEqual([200]);
  world.tap.meddle = () => new Promise(() => {});
  await tab.evaluate((other) => painted.update(other), other);
  await eventually(() => look(tab)).toEqual([{ status: 'loading', alt: 'A picture', width: 23 }]);
  expect(await tab.evaluate(() => pictureOf(tile).image?.style.objectFit)).toBe('contain');
});

test('before the page has a frontend nothing is shown, which is an error of the page; then another update shows it', async () => {
  const record = await saveLarge();
  const tab = await open();
  await tab.evaluate(
    ({ record, style }) => {
      addEventListener('error', (event) => {
        event.preventDefault();
        told.push(event.message);
      });
      paint.add(record, style, { frontend: undefined });
    },
    { record, style: tileStyle },
  );
  const message = 'Call initPixstoreFrontend before images are shown.';
  await eventually(() => tab.evaluate(() => told)).toEqual([expect.stringContaining(message)]);
  await tab.evaluate(
    ({ record, config }) => {
      initDefault(config);
      paint.update(record);
    },
    { record, config: endpointOf(world) },
  );
  await eventually(() => widths(tab)).toEqual([229]);
});

test('what an application throws over one picture is an error of the page, and keeps no other from being drawn', async () => {
  const record = { ...(await saveLarge()), placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI' };
  const tab = await open();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  world.tap.meddle = async (payload) => {
    await answered;
    return payload;
  };
  await tab.evaluate(
    ({ record, style }) => {
      addEventListener('error', (event) => {
        event.preventDefault();
        told.push(event.message);
      });
      const fail = (what: string) => {
        throw new Error(what);
      };
      let states = 0;
      paint.add(record, style, {
        onState: () => states++ === 1 && fail('by onState'),
        placeholder: () => fail('by placeholder'),
      });
      paint.add(record, style);
    },
    { record, style: tileStyle },
  );
  await eventually(() => widths(tab)).toEqual([0, 23]);
  answer();
  await eventually(() => widths(tab)).toEqual([229, 229]);
  const errors = await tab.evaluate(() => told.filter((each) => each !== 'load'));
  expect(errors).toEqual(['Uncaught Error: by onState', 'Uncaught Error: by placeholder']);
});

test('an element that can have no shadow root is refused, an <img> gets its src, and one may be painted again', async () => {
  const record = await saveLarge();
  const tab = await open();
  const codes = await tab.evaluate(() => ['input', 'canvas', 'pixstore-image', 'img', 'div'].map(codeOf));
  expect(codes).toEqual(['CONFIG_INVALID', 'CONFIG_INVALID', 'CONFIG_INVALID', undefined, undefined]);
  await add(tab, record, tileStyle);
  await eventually(() => widths(tab)).toEqual([229]);
  await tab.evaluate(() => painted.stop());
  expect(await widths(tab)).toEqual([0]);
  await tab.evaluate((record) => painted.update(record, { alt: 'Again' }), record);
  await eventually(() => widths(tab)).toEqual([229]);
  expect(await toldOf(tab)).toEqual(['image Again']);
});

test('300 large pictures that are scrolled past leave no more canvases than are near, and the page stays smooth', async () => {
  const bytes = await sharp(await photo('hubble.jpg'))
    .resize(400)
    .jpeg()
    .toBuffer();
  const ids = await Promise.all(Array.from({ length: 300 }, async () => (await save(bytes)).id));
  const records = ids.map((id) => world.backend.record(id));
  const tab = await newTab(world);
  await noteCanvases(tab);
  await open(site.origin, tab);
  const longest = await tab.evaluate(async (records) => {
    const tasks: number[] = [0];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)));
    for (const record of records) paint.add(record, 'display: block; width: 100px; height: 100px');
    await new Promise((resolve) => setTimeout(resolve, 500));
    observer.observe({ type: 'longtask' });
    const height = document.documentElement.scrollHeight;
    for (let frame = 0; frame <= 120; frame += 1) {
      scrollTo(0, (height * frame) / 120);
      await new Promise(requestAnimationFrame);
    }
    observer.disconnect();
    return Math.max(...tasks);
  }, records);
  console.log(`longest task while 300 large pictures are scrolled past: ${longest} ms`);
  expect(longest).toBeLessThan(300);
  // Three viewports' worth at most: the one, and half of one on either side.
  await eventually(async () => (await canvases(tab)).filter((width) => width > 0).length).toBeLessThan(30);
  await eventually(async () => (await look(tab)).at(-1)).toMatchObject({ status: 'loaded', width: 115 });
  expect(await tab.evaluate(() => loads.length)).toBeLessThanOrEqual(300);
});
