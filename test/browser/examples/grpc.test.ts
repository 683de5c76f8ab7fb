import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Plugin } from 'esbuild';
import type { ImageRecord, PixstoreBackend } from 'pixstore/backend';
import { expect, test } from 'vitest';
import { importBlocks, withBlocks } from '../../support/code-blocks.js';
import { photo, sha256 } from '../harness/backend.js';
import { useWorld } from '../harness/world.js';
import { pageOf, serve, startOwnBackend, visit } from './app.js';

const world = useWorld();

const { imageRoutes } = await importBlocks<{
  imageRoutes(
    backend: PixstoreBackend,
    userOf: (headers: Headers) => string | undefined,
  ): (router: ConnectRouter) => void;
}>('docs/transports.md', 'export const imageRoutes');

/** The page, with the fetcher of docs/transports.md. */
const bundlePage = () =>
  withBlocks('docs/transports.md', async (folder) => {
    const fromDocument: Plugin = {
      name: 'blocks of the document',
      setup: (build) =>
        build.onResolve({ filter: /fetch-by-grpc/ }, () => ({ path: join(folder, 'fetch-by-grpc.ts') })),
    };
    return pageOf({
      entryPoints: [fileURLToPath(new URL('pages/grpc.ts', import.meta.url))],
      plugins: [fromDocument],
    });
  });

test('pictures come over gRPC-Web and over Connect, to whoever is logged in, and to nobody else', async () => {
  const backend = await startOwnBackend();
  const routes = imageRoutes(backend, (headers) => /^Bearer (ann|bob)$/.exec(headers.get('authorization') ?? '')?.[1]);
  const [images, site] = [connectNodeAdapter({ routes }), await bundlePage()];
  const { origin } = await serve((request, response) => {
    if (request.url?.startsWith('/photos.v1.')) images(request, response);
    else site(request, response);
  });
  const page = await visit(world, origin, 'grpc');
  const photos = await Promise.all(['cat.png', 'coffee.webp', 'rocket.jpg', 'grass.jpg'].map(photo));
  const records: ImageRecord[] = [];
  for (const bytes of photos) records.push((await backend.saveImage(bytes, { audience: 'ann' })) as ImageRecord);

  for (const over of ['grpcWeb', 'connect'] as const) {
    const failure = (jwt: string) =>
      page.evaluate(([over, record, jwt]) => grpc.failure(over, record, jwt), [
        over,
        records[0] as ImageRecord,
        jwt,
      ] as const);
    expect(await failure('bob')).toBe('PROOF_INVALID');
    expect(await failure('nobody')).toBe('FETCH_FAILED: Log in first.');
    const seen = await page.evaluate(([over, records]) => grpc.showAll(over, records, 'ann'), [over, records] as const);
    expect(seen.map(({ sha256 }) => sha256)).toEqual(photos.map(sha256));
    expect(seen.every(({ width, height }) => width > 0 && height > 0)).toBe(true);
  }
});
