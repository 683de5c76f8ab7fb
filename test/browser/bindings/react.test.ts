import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { photo } from '../harness/backend.js';
import { urlsLeft } from '../harness/urls.js';
import { eventually, startFrontend, useWorld } from '../harness/world.js';
import { Page } from './apps/page-of-server.js';
import { look, newTab } from './look.js';
import { serveAppOfTest } from './serve-app.js';

// What only React has: a page that a server drew, StrictMode's second mount, and Suspense.
const world = useWorld();

async function openPage() {
  const [record, other] = [
    await world.backend.save(await photo('hubble.jpg')),
    await world.backend.save(smallPicture()),
  ];
  const props = { record, other };
  const html = renderToString(createElement(Page, props));
  const site = await serveAppOfTest('hydrated.tsx', {
    mode: 'development',
    body: () => `<div id="root">${html}</div>`,
  });
  const tab = await newTab(world);
  await tab.goto(site.origin);
  await startFrontend(world, tab);
  return { tab, props, html };
}

test('what a server drew hydrates without a warning, and every picture comes, once', async () => {
  const { tab, props, html } = await openPage();
  expect(html).toContain('<span role="img" aria-label="component" title="tip" data-status="loading"');
  expect(html).not.toContain('blob:');
  await tab.evaluate((props) => hydrate(props), props);
  await eventually(() => look(tab)).toEqual([
    { status: 'loaded', alt: 'component', width: 1000 },
    { status: 'loaded', alt: 'hook', width: 8 },
    { status: 'loaded', alt: 'suspense', width: 8 },
  ]);
  expect(await tab.evaluate(() => complaints)).toEqual([]);
  // One for the hooks' picture, though StrictMode mounted all of it twice; the component's is painted.
  await eventually(() => urlsLeft(tab)).toBe(1);
  expect(await tab.evaluate(() => new Set(loads.map(({ id }) => id)).size)).toBe(2);
  expect(world.tap.requests.length).toBeLessThanOrEqual(2);
});

test('its ref is the element, whose attributes are its own, and the placeholder is gone with the picture', async () => {
  const { tab, props } = await openPage();
  const background = () =>
    tab.evaluate(() => document.querySelector<HTMLElement>('[aria-label=component]')?.style.backgroundImage);
  expect(await background()).toBe('url("/placeholder.png")');
  await tab.evaluate((props) => hydrate(props), props);
  await eventually(background).toBe('');
  await tab.getByRole('button', { name: 'Mark it' }).click();
  expect(await tab.evaluate(() => document.querySelector('[aria-label=component]')?.outerHTML)).toMatch(
    /title="tip".*lang="en"/,
  );
});

test('what fails within Suspense is for the error boundary, and for it alone', async () => {
  const { tab, props } = await openPage();
  await world.backend.deleteImage(props.other.id);
  await tab.evaluate((props) => hydrate(props), props);
  await tab.getByRole('alert').waitFor();
  expect(await tab.getByRole('alert').textContent()).toBe('IMAGE_NOT_FOUND');
  await eventually(() => look(tab)).toEqual([
    { status: 'loaded', alt: 'component', width: 1000 },
    { status: 'error', alt: 'hook', width: 0 },
  ]);
  expect(world.tap.requests.length).toBeLessThan(6);
});
