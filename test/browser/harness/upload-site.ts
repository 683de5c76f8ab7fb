import { createServer, type RequestListener } from 'node:http';
import { createUploadHandler, type NodeRequest, type UploadOptions } from 'pixstore/backend';
import { onTestFinished } from 'vitest';
import { type Listening, listen } from './listen.js';
import type { World } from './world.js';

/** A site whose pages send images to it. */
export interface UploadSite extends Listening {
  /** Method and path of every request, in order. */
  log: string[];
}

/**
 * @param files - what the page finds at `/files/{name}`
 * @param settings - of the handler at `/photos`
 * @param routes - what answers at other paths, or in front of the handler with `next`
 */
export async function serveUploadSite(
  world: World,
  files: Readonly<Record<string, Uint8Array>>,
  settings: Partial<UploadOptions<NodeRequest>> = {},
  routes: Readonly<Record<string, (...given: [...Parameters<RequestListener>, next: () => void]) => void>> = {},
): Promise<UploadSite> {
  const upload = createUploadHandler(world.backend, { authorize: () => true, dir: 'sent', ...settings });
  const log: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://site');
    log.push(`${request.method} ${pathname}`);
    const route = routes[pathname];
    const file = files[pathname.replace('/files/', '')];
    if (route) route(request, response, () => upload(request, response));
    else if (pathname === '/photos') upload(request, response);
    else if (file) response.end(file);
    else response.writeHead(200, { 'Content-Type': 'text/html' }).end(page(world));
  });
  const site = await listen(server);
  onTestFinished(() => site.close());
  return { ...site, log };
}

const page = ({ site }: World) =>
  `<!doctype html><title>uploads</title><script type="module" src="${site.origin}/page.js"></script>`;
