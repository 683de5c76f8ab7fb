import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// What users import, found through the exports of the project's package.json.
const projectRequire = createRequire(new URL('../../package.json', import.meta.url));
const folder = new URL('pages/', import.meta.url);

/**
 * Serves one page for each contestant, with the contestant's code as an application would bundle it.
 *
 * @param {string[]} names of files in pages/
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function serveSite(names) {
  const { outputFiles } = await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(`${name}.mjs`, folder))),
    outdir: '/',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    alias: { 'pixstore/frontend': projectRequire.resolve('pixstore/frontend') },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    write: false,
  });
  const scripts = new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/')), text]));
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const script = scripts.get(path);
    const page = scripts.has(`${path}.js`) ? html(path) : undefined;
    // A page with an origin to itself has a clock of 5 µs; others are given tenths of a millisecond.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (script) response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
    else response.writeHead(page ? 200 : 404, { 'Content-Type': 'text/html' }).end(page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { origin: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

/** @param {string} path */
function html(path) {
  return `<!doctype html><meta charset="utf-8"><title>${path.slice(1)}</title><link rel="icon" href="data:,"><script type="module" src="${path}.js"></script>`;
}
