import { createServer } from 'node:http';
import { build } from 'esbuild';
import { type Listening, listen } from './listen.js';

const page =
  '<!doctype html><meta charset="utf-8"><title>pixstore test page</title><script type="module" src="/page.js"></script>';

/** The same page, in a sandbox: it has no origin of its own, and so no storage. */
export const sandboxed = '/sandboxed';

/** Serves the test page with the built package, bundled by esbuild without settings of its own. */
export async function serveSite(): Promise<Listening> {
  const scripts = await bundle();
  return listen(
    createServer((request, response) => {
      const script = scripts.get(request.url ?? '');
      response.setHeader('Access-Control-Allow-Origin', '*'); // a sandboxed page loads its own script from elsewhere
      if (request.url === sandboxed) response.setHeader('Content-Security-Policy', 'sandbox allow-scripts');
      response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' }).end(script ?? page);
    }),
  );
}

async function bundle(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: ['page.ts', 'worker.ts'].map((name) => new URL(name, import.meta.url).pathname),
    outdir: '/',
    bundle: true,
    format: 'esm',
    sourcemap: process.env.PIXSTORE_COVERAGE_DIR ? 'inline' : false,
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/')), text]));
}
