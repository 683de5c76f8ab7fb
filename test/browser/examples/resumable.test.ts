import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import type { ImageRecord, PixstoreBackend } from 'pixstore/backend';
import { expect, onTestFinished, test } from 'vitest';
import { importBlocks, withBlocks } from '../../support/code-blocks.js';
import { drawPng } from '../../support/drawn-images.js';
import { temporaryFolder } from '../../support/folders.js';
import { withMorePixels } from '../../support/small-picture.js';
import { sha256 } from '../harness/backend.js';
import { openContext, useWorld } from '../harness/world.js';
import { pageOf, serve, startOwnBackend } from './app.js';

const world = useWorld();
const mebibyte = 1024 * 1024;
const image = withMorePixels(drawPng(8, 8), Buffer.alloc(24 * mebibyte, 'plain'));

const { resumableUploads } = await importBlocks<{
  resumableUploads(
    backend: PixstoreBackend,
    options: { path: string; folder: string; maxBytes: number; dirOf(request: IncomingMessage): string | undefined },
  ): { handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> };
}>('docs/uploads.md', 'export function resumableUploads');

/** The page, with the function of docs/uploads.md that sends. */
const bundlePage = () =>
  withBlocks('docs/uploads.md', async (_folder, blocks) => {
    const path = blocks.find(({ code }) => code.includes('export function sendResumably'))?.path ?? '';
    const fromDocument: Plugin = {
      name: 'block of the document',
      setup: (build) => build.onResolve({ filter: /send-resumably/ }, () => ({ path })),
    };
    return pageOf({
      entryPoints: [fileURLToPath(new URL('pages/resumable.ts', import.meta.url))],
      plugins: [fromDocument],
    });
  });

test('an upload goes on where it was when its page was closed, in a new one of the same browser', async () => {
  const backend = await startOwnBackend();
  const folder = join(await temporaryFolder(), 'unfinished');
  const options = { path: '/api/uploads', folder, maxBytes: 32 * mebibyte, dirOf: () => 'ann' };
  const uploads = resumableUploads(backend, options);
  const site = await bundlePage();
  const offsets: number[] = [];
  const app = await serve((request, response) => {
    if (request.method === 'PATCH') offsets.push(Number(request.headers['upload-offset']));
    if (request.url?.startsWith('/api/uploads')) uploads.handle(request, response);
    else if (request.url === '/photo') response.end(image);
    else site(request, response);
  });
  const { origin, cut } = await narrowLine(app.port, 2 * mebibyte);
  const context = await openContext(world);
  const open = async () => {
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForFunction(() => 'resumable' in globalThis);
    return page;
  };

  const first = await open();
  expect(await first.evaluate((enough) => resumable.send('/photo', enough), 4 * mebibyte)).toBe('enough');
  await first.close();
  await expect.poll(() => bytesIn(folder)).toBeGreaterThan(mebibyte);
  cut();
  const second = await open();
  const record = (await second.evaluate(() => resumable.send('/photo', Infinity))) as ImageRecord;
  // Chromium by itself may repeat a request whose connection was cut. That one says that it begins at 0, and is refused.
  expect(offsets[0]).toBe(0);
  expect(offsets.at(-1)).toBeGreaterThan(mebibyte);
  const saved = await backend.readImage(record.id);
  expect(sha256(saved?.bytes ?? new Uint8Array())).toBe(sha256(image));
  expect(await readdir(folder)).toEqual([]);
});

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return Math.max(...(await Promise.all(sizes)));
}

/** A line to a server that lets so many bytes of each connection through, until it is cut; then all. */
async function narrowLine(port: number, limit: number) {
  const held = new Set<Socket>();
  let isNarrow = true;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let left = limit;
    client.on('data', (bytes) => {
      left -= bytes.length;
      upstream.write(bytes);
      if (left > 0 || !isNarrow) return;
      client.pause();
      held.add(client);
    });
    client.on('error', () => {}).on('close', () => upstream.end());
    upstream.on('error', () => {}).on('close', () => client.destroy());
    upstream.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isNarrow = false;
      for (const client of held) client.destroy();
    },
  };
}
