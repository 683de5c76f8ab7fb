import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { codeBlocksOf, readDocument } from '../unit/docs/markdown.js';
import { expectGallery, seePictures } from './example.js';
import { createNextApp, type NextApp, type NextServer } from './next-app.js';
import { root } from './run.js';

const { tarball, app: otherApp } = inject('packed');
const photos = ['brick.webp', 'astronaut.jpg', 'cat.png'];

let app: NextApp;
let browser: Browser;
beforeAll(async () => {
  app = await createNextApp(tarball, join(dirname(otherApp), 'next'));
  browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
});
afterAll(() => browser?.close());

/**
 * Besides the files of the example: a route that uses the functions of the module, and shows which edition of lib/ it has; and
 * one of the older kind, for which Next.js bundles a copy of its own. That does not import lib/, so that it has the backend
 * that others made, or none.
 */
const besides = (edition: number) => ({
  'lib/pixstore.ts': `${app.files['lib/pixstore.ts']}\nexport const edition = ${edition};\n`,
  'app/check/route.ts': `
    import { getImageRecord } from 'pixstore/backend';
    import { edition } from '../../lib/pixstore';
    export function GET(request: Request) {
      const id = new URL(request.url).searchParams.get('id') ?? '';
      return Response.json({ edition, id: getImageRecord(id, { audience: 'ann' })?.id });
    }`,
  'pages/api/other.ts': `
    import type { NextApiRequest, NextApiResponse } from 'next';
    import { getImageRecord } from 'pixstore/backend';
    export default function handler({ query }: NextApiRequest, response: NextApiResponse) {
      response.json({ id: getImageRecord(String(query.id), { audience: 'ann' })?.id });
    }`,
});

async function started(command: Parameters<NextApp['start']>[0]) {
  const server = await app.start(command);
  onTestFinished(server.stop);
  return server;
}

/** The browser of a user, with nothing in its cache. What the page asks the images' route for is noted. */
async function userOf({ origin }: NextServer) {
  const context: BrowserContext = await browser.newContext({ baseURL: origin });
  onTestFinished(() => context.close());
  await context.addCookies([{ name: 'user', value: 'ann', url: origin }]);
  const tab = await context.newPage();
  const asked: string[] = [];
  const failures: string[] = [];
  tab.on('response', (response) => {
    const { pathname } = new URL(response.url());
    const line = `${response.request().method()} ${response.status()}`;
    if (pathname.startsWith('/images')) asked.push(line);
    if (response.status() >= 500) failures.push(`${line} ${pathname}`);
  });
  tab.on('pageerror', (error) => failures.push(String(error)));

  return {
    asked,
    failures,
    /** From the page, as a form would. */
    async upload(name: string): Promise<string> {
      await tab.goto('/');
      const bytes = await readFile(join(root, 'demo/photos', name), 'base64');
      return tab.evaluate(async (bytes) => {
        const body = await (await fetch(`data:image/png;base64,${bytes}`)).blob();
        const { id } = await (await fetch('/api/photos', { method: 'POST', body })).json();
        return id;
      }, bytes);
    },
    /** Waits until the page shows so many pictures. */
    async see(count: number) {
      asked.length = 0;
      await tab.goto('/');
      await seePictures(tab, count);
    },
  };
}

/** Saves, shows one picture and then many, and has records by the functions of the module. */
async function expectToWork(server: NextServer, edition: number) {
  const user = await userOf(server);
  const [first = '', ...others] = photos;
  const id = await user.upload(first);
  await user.see(1);
  const single = [...user.asked];
  for (const name of others) await user.upload(name);
  const another = await userOf(server);
  await another.see(photos.length);
  const checked = await fetch(`${server.origin}/check?id=${id}`);
  expect(await checked.json()).toEqual({ edition, id });
  const other = await fetch(`${server.origin}/api/other?id=${id}`);
  expect(await other.json()).toEqual({ id });
  expect([...user.failures, ...another.failures]).toEqual([]);
  expect(server.log()).not.toMatch(/BACKEND_|PixstoreError/);
  return { single, batch: another.asked };
}

test('docs/frameworks.md shows the files of the example as they are', () => {
  const shown = codeBlocksOf(readDocument('docs/frameworks.md')).filter(({ language }) => language === 'tsx');
  expect(shown.length).toBeGreaterThan(5);
  for (const { code } of shown) {
    const [, path = '', text] = /^\/\/ (\S+)\n(.*)$/s.exec(code) ?? [];
    expect(text, path).toBe(app.files[path]);
  }
});

test('Next.js as documented, as a standalone server: the build stores nothing, and the thread that writes is there', async () => {
  const config = app.files['next.config.ts']?.replace('] }', "], output: 'standalone' }") ?? '';
  await app.reset({ ...besides(1), 'next.config.ts': config });
  await app.build();
  expect(await app.madeFiles()).toEqual([]);
  const server = await started('standalone');
  const { single, batch } = await expectToWork(server, 1);
  expect({ single, batch }).toEqual({ single: ['GET 200'], batch: ['POST 200'] });
  expect(await app.madeFiles()).toEqual(expect.arrayContaining(['data/pixstore.sqlite', 'data/pixstore.sqlite.key']));
  expect(server.log()).not.toContain('thread');

  // As somebody who has no pictures yet.
  const context = await browser.newContext({ baseURL: server.origin });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto('/');
  await expectGallery(page, 'Ben');
});

test('Next.js with a slash behind every path, bundled by webpack: the page is redirected once, and asks so from then on', async () => {
  await app.reset({
    ...besides(1),
    'next.config.ts': 'export default { trailingSlash: true, typescript: { ignoreBuildErrors: true } };\n',
  });
  await app.build('--webpack');
  expect(await app.madeFiles()).toEqual([]);
  const { single, batch } = await expectToWork(await started('start'), 1);
  expect(single).toEqual(['GET 308', 'GET 200']);
  expect(batch).toEqual(['POST 308', 'POST 200']);
});

test('Next.js in development, bundled by Turbopack: a change of the module that makes the backend is no trouble', async () => {
  await app.reset({ ...besides(1), 'next.config.ts': 'export default {};\n' });
  const server = await started('dev');
  await expectToWork(server, 1);
  await app.write('lib/pixstore.ts', besides(2)['lib/pixstore.ts']);
  await expect
    .poll(async () => (await fetch(`${server.origin}/check?id=none`)).json(), { timeout: 60_000 })
    .toEqual({ edition: 2 });
  const user = await userOf(server);
  await user.upload('grass.jpg');
  await user.see(photos.length + 1);
  expect(user.failures).toEqual([]);
  expect(server.log()).not.toMatch(/BACKEND_|PixstoreError/);
});
