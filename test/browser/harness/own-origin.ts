import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { createFetchHandler, createPixstoreBackend, type FetchHandler, type PixstoreBackend } from 'pixstore/backend';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/folders.js';
import { type Listening, listening } from './listen.js';
import type { World } from './world.js';

/** An application that serves its pages and its images from one origin. */
export interface OwnOrigin extends Listening {
  backend: PixstoreBackend;
  /** Its access log: method and URL of every request for images. */
  log: string[];
}

/** @param guard - what stands between its pages and the handler of its images */
export async function serveOwnOrigin(
  world: World,
  guard?: (images: FetchHandler) => MiddlewareHandler,
): Promise<OwnOrigin> {
  const folder = await temporaryFolder();
  const backend = createPixstoreBackend({
    databasePath: `${folder}/images.sqlite`,
    imageRootDir: `${folder}/images`,
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
    logger: { info() {}, warn: console.warn, error: console.error },
  });
  const images = createFetchHandler(backend);
  const log: string[] = [];
  const app = new Hono();
  app.use('/images/*', async ({ req }, next) => {
    log.push(`${req.method} ${req.url} ${req.header('referer') ?? ''}`);
    await next();
  });
  if (guard) app.use('/images/*', guard(images));
  app.all('/images/*', ({ req }) => images(req.raw));
  app.get('/', (context) =>
    context.html(`<!doctype html><title>app</title><script type="module" src="${world.site.origin}/page.js"></script>`),
  );
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  const own = await listening(server);
  onTestFinished(async () => {
    await own.close();
    await backend.close();
  });
  return { ...own, backend, log };
}

/** The options of a frontend that lead to its images. */
export const leadTo = ({ port }: Listening) => ({
  defaultEndpointConnectHost: '127.0.0.1',
  defaultEndpointConnectPort: port,
  defaultEndpointRoute: '/images',
});
