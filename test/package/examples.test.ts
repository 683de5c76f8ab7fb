import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { installReact, installVue } from '../browser/harness/install.js';
import {
  createExample,
  exampleFolder,
  expectFailuresToBeShown,
  expectGallery,
  expectToBeUsable,
  seePictures,
} from './example.js';
import { choose, startServer, useBrowser } from './small-app.js';

// test/package/next.test.ts has the one of Next.js.

const world = useBrowser();

const tools: Record<string, string> = {};
beforeAll(async () => {
  tools.react = await installReact();
  tools.vue = await installVue();
});

/** A visitor with nothing in the cache, on the page of an example that was started by its one command. */
async function visit(folder: string): Promise<Page> {
  const { origin } = await startServer(folder, ['npm', 'start']);
  const context = await world.browser.newContext();
  const page = await context.newPage();
  const uncaught: Error[] = [];
  page.on('pageerror', (error) => uncaught.push(error));
  onTestFinished(async () => {
    await context.close();
    expect(uncaught).toEqual([]);
  });
  await page.goto(origin);
  return page;
}

/** Without a server there is something to read, and to press. */
async function expectToSayThatNothingAnswers(page: Page): Promise<void> {
  await page.route('**/api/photos', (route) => route.abort());
  await page.reload();
  await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
  await expectToBeUsable(page);
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
}

test('vanilla: a page of modules as they are, and an import map', async () => {
  const page = await visit(await createExample('vanilla'));
  await expectGallery(page, 'Log in as Ann');
  await expectToSayThatNothingAnswers(page);
});

test('hono-vue: Vue, built by Vite, with Hono', async () => {
  const page = await visit(await createExample('hono-vue', tools.vue));
  await expectGallery(page, 'Log in as Ann');
  await expectToSayThatNothingAnswers(page);
});

test('express-react: three logins see different pictures, and nobody gets a record of what is not his', async () => {
  const page = await visit(await createExample('express-react', tools.react));
  await expectToBeUsable(page);
  const albums = () =>
    page.locator('section').evaluateAll((sections) =>
      sections.map((section) => [
        section.querySelector('h2')?.textContent,
        // All variants come with the record, and the smallest that fills a tile is shown.
        section.querySelectorAll('.tile').length,
      ]),
    );
  const idsSeen = () =>
    page.evaluate(async () => {
      const { albums } = await (await fetch('/api/photos')).json();
      return albums.flatMap(({ records }: { records: { id: string }[] }) => records.map(({ id }) => id));
    });
  const recordsOf = (ids: string[]) =>
    page.evaluate(async (ids) => {
      const query = new URLSearchParams(ids.map((id) => ['id', id]));
      return (await (await fetch(`/api/records?${query}`)).json()).map(({ id }: { id: string }) => id);
    }, ids);
  const logIn = (name: string) => page.getByRole('button', { name }).click();
  const logOut = async () => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  };

  await logIn('Ann');
  await seePictures(page, 4);
  expect(await albums()).toEqual([
    ['Your photos', 2],
    ['The team’s photos', 2],
  ]);
  const annSees = await idsSeen();
  await choose(page, 'astronaut.jpg');
  await seePictures(page, 5);
  await expectToBeUsable(page);
  await expectFailuresToBeShown(page, 5);
  await logOut();

  await logIn('Ben');
  await seePictures(page, 4);
  const benSees = await idsSeen();
  const both = annSees.filter((id: string) => benSees.includes(id));
  expect(both).toHaveLength(2);
  expect((await recordsOf(annSees)).sort()).toEqual(both.sort());
  await logOut();

  await logIn('Ida, the admin');
  await seePictures(page, 7);
  expect(await albums()).toEqual([
    ['Your photos', 0],
    ['The team’s photos', 2],
    ['Ann’s photos', 3],
    ['Ben’s photos', 2],
  ]);
  await logOut();
  await expectToSayThatNothingAnswers(page);
});

test('all examples look alike', () => {
  const styles = readdirSync(exampleFolder('.'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const [path = ''] = readdirSync(exampleFolder(name), { recursive: true, encoding: 'utf8' }).filter(
        (path) => path.endsWith('style.css') && !/node_modules|dist/.test(path),
      );
      return readFileSync(join(exampleFolder(name), path), 'utf8');
    });
  expect(styles.length).toBe(4);
  expect(new Set(styles).size).toBe(1);
});
