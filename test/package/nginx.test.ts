import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findNginx } from '../../scripts/find-nginx.mjs';
import { freePort } from './free-port.js';
import { root } from './run.js';
import {
  bundlePage,
  choose,
  createSmallApp,
  startServer,
  stop,
  useBrowser,
  visitAsAnn,
  widthsShown,
} from './small-app.js';

const world = useBrowser();
const nginx = await findNginx();

/** nginx in front of an application, which it shows at `/gallery/`. */
async function startNginx(folder: string, appOrigin: string): Promise<string> {
  const port = await freePort();
  const path = join(folder, 'nginx.conf');
  const settings = await readFile(path, 'utf8');
  await writeFile(path, settings.replace('NGINX_PORT', String(port)).replace('APP_ORIGIN', appOrigin));
  await mkdir(join(folder, 'temp'));
  const program = spawn(nginx ?? '', ['-p', folder, '-c', path], { stdio: 'ignore' });
  onTestFinished(() => stop(program));
  const origin = `http://127.0.0.1:${port}`;
  await expect
    .poll(() =>
      fetch(`${origin}/gallery/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true);
  return origin;
}

test.skipIf(nginx === undefined)(
  'behind nginx, under a prefix: pictures are sent and shown, one by one and many at once',
  async () => {
    const folder = await createSmallApp('nginx', { [root]: ['express'] });
    await bundlePage(folder);
    const { origin: appOrigin } = await startServer(folder);
    const origin = await startNginx(folder, appOrigin);
    const { page } = await visitAsAnn(world, `${origin}/gallery/`);
    await choose(page, 'cat.png');
    expect(await widthsShown(page, 1)).toEqual([451]);
    await choose(page, 'coffee.webp');
    expect(await widthsShown(page, 2)).toEqual([451, 600]);
    const another = await visitAsAnn(world, `${origin}/gallery/`); // by a batch
    expect(await widthsShown(another.page, 2)).toEqual([451, 600]);
  },
);

test.skipIf(nginx === undefined)(
  'what nginx finds too large is IMAGE_TOO_LARGE to the page, as if pixstore had said it',
  async () => {
    const folder = await createSmallApp('nginx', { [root]: ['express'] });
    await bundlePage(folder);
    const { origin: appOrigin } = await startServer(folder);
    const { page, problems } = await visitAsAnn(world, `${await startNginx(folder, appOrigin)}/gallery/`);
    await page.setInputFiles('input', {
      name: 'large.png',
      mimeType: 'image/png',
      buffer: Buffer.alloc(2 * 1024 * 1024),
    });
    await expect.poll(() => page.textContent('p')).toBe('IMAGE_TOO_LARGE');
    expect(problems.splice(0)).toEqual([expect.stringContaining('413')]); // what the browser says of it by itself
  },
);
