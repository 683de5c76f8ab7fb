import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// What users import, found through the exports of the project's package.json.
const projectRequire = createRequire(new URL('../../package.json', import.meta.url));
const folder = new URL('pages/', import.meta.url);

/**
 * Bundles pages with their contestants' code, as an application would.
 *
 * @param {string[]} names of files in pages/
 * @returns {Promise<Map<string, string>>} scripts, by name, as `gallery.js`
 */
export async function bundlePages(names) {
  const entryPoint = (/** @type {string} */ name) => projectRequire.resolve(name);
  const { outputFiles } = await build({
    entryPoints: names.map((name) => ({ in: fileURLToPath(new URL(`${name}.mjs`, folder)), out: name })),
    outdir: '/',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    alias: Object.fromEntries(['pixstore/frontend', 'pixstore/element'].map((name) => [name, entryPoint(name)])),
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(1), text]));
}

/**
 * Serves one page for each contestant.
 *
 * @param {string[]} names of files in pages/
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function serveSite(names) {
  const scripts = await bundlePages(names);
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const script = scripts.get(path.slice(1));
    const page = scripts.has(`${path.slice(1)}.js`) ? html(path) : undefined;
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
