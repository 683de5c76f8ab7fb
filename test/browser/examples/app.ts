import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { initPixstoreBackend, type PixstoreBackend } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { startPageCoverage } from '../../../scripts/coverage/page-coverage.mjs';
import { temporaryFolder } from '../../support/folders.js';
import { type Listening, listen } from '../harness/listen.js';
import { openContext, type World } from '../harness/world.js';

/** The backend of an application that serves images itself. */
export async function startOwnBackend(): Promise<PixstoreBackend> {
  const folder = await temporaryFolder();
  const backend = initPixstoreBackend({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
    logger: { info() {}, warn: console.warn, error: console.error },
  });
  onTestFinished(() => backend.close());
  return backend;
}

/** Bundles the script of a page and answers with a page that runs it. */
export async function pageOf(script: URL | BuildOptions): Promise<RequestListener> {
  const options = script instanceof URL ? { entryPoints: [fileURLToPath(script)] } : script;
  // The source map is for `npm run coverage`.
  const { outputFiles } = await build({ bundle: true, format: 'esm', sourcemap: 'inline', ...options, write: false });
  const html =
    '<!doctype html><meta charset="utf-8"><title>example</title><script type="module" src="/page.js"></script>';
  return ({ url }, response) => {
    const [type, body] = url === '/page.js' ? ['text/javascript', outputFiles[0]?.text] : ['text/html', html];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  };
}

/** Serves an application until the test ends. */
export async function serve(app: RequestListener): Promise<Listening & { server: ReturnType<typeof createServer> }> {
  const server = createServer(app);
  const listening = await listen(server);
  onTestFinished(() => listening.close());
  return { ...listening, server };
}

/** Opens a page in a browser profile of its own, and waits until its script ran and set a global of this name. */
export async function visit(world: World, origin: string, ready: string): Promise<Page> {
  const page = await (await openContext(world)).newPage();
  const keepCoverage = await startPageCoverage(page);
  onTestFinished(keepCoverage);
  await page.goto(origin);
  await page.waitForFunction((name) => name in globalThis, ready);
  return page;
}
