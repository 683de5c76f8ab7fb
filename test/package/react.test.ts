import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { installReact } from '../browser/harness/install.js';
import { root, run } from './run.js';
import { choose, createSmallApp, startServer, useBrowser, visitAsAnn, widthsShown } from './small-app.js';

const world = useBrowser();

let react: string;
beforeAll(async () => {
  react = await installReact();
}, 60_000);

test('React, built by Vite, with Express: in strict mode pictures are sent, shown, and there on the next visit', async () => {
  const folder = await createSmallApp('react', {
    [react]: ['react', 'react-dom', 'vite', '@vitejs/plugin-react'],
    [root]: ['express'],
  });
  await run(process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build'], folder);
  const { origin } = await startServer(folder);
  const { page } = await visitAsAnn(world, origin);
  await choose(page, 'cat.png');
  expect(await widthsShown(page, 1)).toEqual([451]);
  expect(await page.evaluate(() => document.querySelector('progress')?.value)).toBe(1);
  await choose(page, 'coffee.webp');
  expect(await widthsShown(page, 2)).toEqual([451, 600]);
  await page.reload();
  expect(await widthsShown(page, 2)).toEqual([451, 600]);
  const another = await visitAsAnn(world, origin);
  expect(await widthsShown(another.page, 2)).toEqual([451, 600]);
});
