import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './run.js';
import { choose, createSmallApp, startServer, useBrowser, visitAsAnn, widthsShown } from './small-app.js';

const world = useBrowser();

test('Hono, and a page that nothing bundles: the browser loads the modules of the package as they are', async () => {
  const folder = await createSmallApp('hono', { [root]: ['hono', '@hono/node-server', 'thumbhash'] });
  await copyFile(join(root, 'test/package/apps/page/page.js'), join(folder, 'page.js'));
  const { origin } = await startServer(folder);
  const { page } = await visitAsAnn(world, `${origin}/index.html`);
  await choose(page, 'coffee.webp');
  expect(await widthsShown(page, 1)).toEqual([600]);
  await choose(page, 'cat.png');
  expect(await widthsShown(page, 2)).toEqual([451, 600]);
  await page.reload();
  expect(await widthsShown(page, 2)).toEqual([451, 600]);
});
