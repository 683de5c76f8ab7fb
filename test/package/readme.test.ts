import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { asModule, blocksOfDocuments, createProject } from './documents.js';
import { freePort } from './free-port.js';
import { withSqlite } from './round-trip.js';
import { root } from './run.js';

const blocks = await blocksOfDocuments();
const readme = blocks.filter(({ document }) => document === 'README.md');
const photo = (name: string) => join(root, 'demo/photos', name);

let project: string;
let origin: string;
let browser: Browser;

// The app as the README has it, and nothing else; its blocks say in their first line which file they are.
beforeAll(async () => {
  project = await createProject(inject('packed').app, 'readme');
  for (const { code } of readme.filter(({ language }) => ['js', 'html'].includes(language))) {
    const [, path = ''] = /^(?:\/\/|<!--) (\S+)/.exec(code) ?? [];
    await write(path, code);
  }
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const env = { ...process.env, ...withSqlite, PORT: String(port) };
  const server = spawn(process.execPath, ['server.mjs'], { cwd: project, env, stdio: 'inherit' });
  const exited = once(server, 'exit');
  await vi.waitFor(() => fetch(origin), { timeout: 20_000, interval: 50 });
  browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
  return async () => {
    server.kill();
    await exited;
  };
});
afterAll(() => browser?.close());

async function write(path: string, text: string) {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

/** The browser of somebody, on the page of the app. Nothing in it may go wrong. */
async function openPage(path = '/'): Promise<Page> {
  const context = await browser.newContext({ baseURL: origin });
  onTestFinished(() => context.close());
  return openTab(await context.newPage(), path);
}

async function openTab(tab: Page, path = '/'): Promise<Page> {
  tab.on('pageerror', (error) => expect.fail(String(error)));
  await tab.goto(path);
  return tab;
}

/** Waits until so many pictures are shown, all of them as object URLs. */
async function seePictures(tab: Page, count: number) {
  await tab.waitForFunction(
    (count) =>
      document.images.length === count &&
      [...document.images].every((image) => image.naturalWidth > 0 && image.src.startsWith('blob:')),
    count,
  );
}

/** Logs in, and waits for all that was uploaded before. @returns how many pictures are shown */
async function logIn(tab: Page): Promise<number> {
  await Promise.all([tab.waitForResponse('/login'), tab.click('#login')]);
  const count = await tab.evaluate(async () => (await (await fetch('/api/photos')).json()).length);
  await seePictures(tab, count);
  return count;
}

test('the README installs what its files import', () => {
  const [, installed = ''] = /^npm install (pixstore .+)$/m.exec(readme.map(({ code }) => code).join('\n')) ?? [];
  const imported = readme
    .filter(({ language }) => language === 'js')
    .flatMap(({ code }) => [...code.matchAll(/ from '(?!node:)([\w-]+)/g)].map(([, name]) => name));
  expect([...new Set(imported)].sort()).toEqual(installed.split(' ').sort());
});

test('the README has at most 10,000 bytes', async () => {
  expect((await readFile(join(root, 'README.md'))).length).toBeLessThanOrEqual(10_000);
});

test('the app of the README: who logs in uploads photos and sees them, and a stranger sees none', async () => {
  const tab = await openPage();
  await seePictures(tab, 0);
  const before = await logIn(tab);
  await tab.setInputFiles('#photo', photo('brick.webp'));
  await seePictures(tab, before + 1);
  await tab.setInputFiles('#photo', photo('cat.png'));
  await seePictures(tab, before + 2);

  const said = tab.waitForEvent('dialog');
  const refused = tab.setInputFiles('#photo', { name: 'note.png', mimeType: 'image/png', buffer: Buffer.from('a') });
  const dialog = await said;
  expect(dialog.message()).toContain('image');
  await dialog.dismiss();
  await refused;

  await tab.reload();
  await seePictures(tab, before + 2);
  const [record] = await tab.evaluate(async () => (await fetch('/api/photos')).json());

  const stranger = await openPage();
  await seePictures(stranger, 0);
  expect(await stranger.evaluate(async () => (await fetch('/api/photos')).status)).toBe(401);
  // As text, so that it is the browser that imports.
  const getting = `import('pixstore/frontend').then(({ getImageUrl }) => getImageUrl(${JSON.stringify(record)}))`;
  const code = await stranger.evaluate(`${getting}.catch(({ code }) => code)`);
  expect(code).toBe('ACCESS_REFUSED'); // also with a record of somebody else, as fresh as it can be
});

test('the app of the README: a picture that is taken off the page is given back, and a logout shows none', async () => {
  const tab = await openPage();
  const count = (await logIn(tab)) + 1;
  await tab.setInputFiles('#photo', photo('astronaut.jpg'));
  await seePictures(tab, count);
  const url = await tab.evaluate(() => document.images[0]?.src ?? '');
  await tab.click('img');
  await seePictures(tab, count - 1);
  expect(
    await tab.evaluate(
      (url) =>
        fetch(url).then(
          () => 'there',
          () => 'gone',
        ),
      url,
    ),
  ).toBe('gone');

  await Promise.all([tab.waitForEvent('load'), tab.click('#logout')]);
  await seePictures(tab, 0);
  expect(await tab.evaluate(async () => (await fetch('/api/photos')).status)).toBe(401);
});

test('docs/recipes.md: a logout in one tab sends the others to the login, too', async () => {
  const recipe = blocks.find(({ document, code }) => document === 'docs/recipes.md' && code.includes("'logout'"));
  if (!recipe) throw new Error('The recipe is gone.');
  const page = blocks.find(({ language }) => language === 'html')?.code ?? '';
  await write('public/recipe.html', page.replace('page.mjs', 'recipe.mjs'));
  const start = `
    import { initPixstoreFrontend } from 'pixstore/frontend';
    initPixstoreFrontend({ defaultEndpointConnectHost: 'same-origin' });
    logout.onclick = logOut;
    document.title = 'ready';`;
  await write('public/recipe.mjs', (await asModule(recipe)) + start);
  await write('public/login/index.html', '<title>login</title>');
  const one = await openPage('/recipe.html');
  const other = await openTab(await one.context().newPage(), '/recipe.html');
  for (const tab of [one, other]) await tab.waitForFunction(() => document.title === 'ready');
  await one.click('#logout');
  for (const tab of [one, other]) await tab.waitForFunction(() => document.title === 'login');
});
