import { createServer, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { createUploadHandler } from 'pixstore/backend';
import type { TestBackend } from '../../browser/harness/backend.js';
import { type Listening, listen } from '../../browser/harness/listen.js';
import type { Engine } from '../drivers/engine.js';
import { pageScripts } from './bundle.js';
import { createControl } from './control.js';
import { createWire } from './wire.js';

/** The site of one case: an origin of its own, and so storage of its own. */
export interface CaseSite extends Listening {
  /** Where the case runs; it takes the names of engine and case. */
  url(engine: string, name: string): string;
  /** What the case says at its end: nothing when it passed. */
  outcome: Promise<string | undefined>;
  /** Closes what the case opened, and keeps the origin: given to another case, its storage would not be empty. */
  finish(): Promise<void>;
}

export async function serveCase(backend: TestBackend, engine: Engine): Promise<CaseSite> {
  const [wire, scripts] = await Promise.all([createWire(backend.port), pageScripts()]);
  let report = (_outcome: string | undefined) => {};
  const outcome = new Promise<string | undefined>((resolve) => {
    report = resolve;
  });
  const control = createControl({ backend, wire, engine, origin: () => site.origin });
  const remote: Record<string, (...args: never[]) => Promise<unknown>> = {
    ...control,
    report: async (problem: string | null) => report(problem ?? undefined),
  };

  const uploads: Record<string, RequestListener> = {
    '/uploads': createUploadHandler(backend, { authorize: () => true, dir: 'sent' }),
    '/uploads/unread': () => {},
    '/uploads/cut': (request) => request.once('data', () => request.destroy()),
  };

  const pages: Record<string, { script: string; policy: string }> = {
    '/': { script: 'conductor', policy: '' },
    // As strict as pixstore's documentation says a page may be.
    '/visited': { script: 'visited', policy: `default-src 'self'; img-src blob:; connect-src ${wire.origin}` },
    '/sandboxed': { script: 'visited', policy: 'sandbox allow-scripts' },
  };

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const [, name] = /^\/control\/(\w+)$/.exec(pathname) ?? [];
    const upload = uploads[pathname];
    if (upload) return void upload(request, response);
    const call = name === undefined ? undefined : remote[name];
    if (call) {
      try {
        const result = await call(...(JSON.parse(await text(request)) as never[]));
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(result ?? null));
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', '*'); // a sandboxed page loads its own script from elsewhere
    const script = scripts.get(pathname);
    const page = pages[pathname];
    if (page?.policy) response.setHeader('Content-Security-Policy', page.policy);
    if (script) response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
    else if (page) response.writeHead(200, { 'Content-Type': 'text/html' }).end(html(page.script));
    else response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
  });
  const site = await listen(server);

  return {
    ...site,
    outcome,
    url: (engineName, name) =>
      `${site.origin}/?${new URLSearchParams({ engine: engineName, case: name, wire: `${wire.port}` })}`,
    async finish() {
      wire.release();
      await control.closeTabs();
      await wire.close();
    },
  };
}

const html = (script: string) =>
  `<!doctype html><meta charset="utf-8"><title>pixstore test page</title><script type="module" src="/${script}.js"></script>`;
