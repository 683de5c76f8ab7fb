import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright-core';
import * as vite from 'vite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import webpack from 'webpack';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { resultOf, roundTrip, withSqlite } from './round-trip.js';
import { run } from './run.js';

const { app } = inject('packed');

const page = "import { getImage } from 'pixstore/frontend';\ndocument.title = typeof getImage;\n";
async function project(files: Record<string, string>) {
  const folder = await mkdtemp(join(app, 'bundle-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function webpackRun(settings: webpack.Configuration) {
  const compiler = webpack({ mode: 'production', ...settings });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  return stats?.toJson({ errors: true, warnings: true });
}

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
});
afterAll(() => browser.close());

/** What the page found `getImage` to be, when its bundle runs in a browser. */
async function titleOf(bundle: string) {
  const tab = await browser.newPage();
  await tab.route('**/*', (route) => route.fulfill({ path: bundle, contentType: 'text/javascript' }));
  await tab.route('**/', (route) => {
    route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/page.js"></script>' });
  });
  await tab.goto('http://localhost/');
  const title = await tab.title();
  await tab.close();
  return title;
}

test('Vite builds a page with no settings', async () => {
  const folder = await project({ 'index.html': '<script type="module" src="./page.js"></script>', 'page.js': page });
  const warnings: string[] = [];
  const customLogger = { ...vite.createLogger('silent'), warn: (text: string) => warnings.push(text) };
  await vite.build({ root: folder, configFile: false, logLevel: 'warn', customLogger: customLogger as vite.Logger });
  expect(warnings).toEqual([]);
  const assets = join(folder, 'dist', 'assets');
  const [bundle = ''] = await readdir(assets);
  expect(await titleOf(join(assets, bundle))).toBe('function');
});

test('esbuild builds a page with no settings, and pays no more for it than was agreed', async () => {
  const folder = await project({ 'page.js': page });
  const outfile = join(folder, 'out.mjs');
  const { warnings } = await esbuild.build({
    entryPoints: [join(folder, 'page.js')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(await titleOf(outfile)).toBe('function');
  const bytesOf = async (contents: string): Promise<number> => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return brotliCompressSync(outputFiles[0]?.contents ?? '').length;
  };
  const getting = await bytesOf("export { getImage, initPixstoreFrontend } from 'pixstore/frontend';");
  const observing = await bytesOf(
    "export { createPixstoreFrontend, getImageUrl, initPixstoreFrontend, observeImage } from 'pixstore/frontend';",
  );
  const everything = await bytesOf("export * from 'pixstore/frontend';");
  console.log(
    `pixstore/frontend: ${getting} bytes, minified and with brotli, dependencies included; with observers ${observing}, all of it ${everything}`,
  );
  // scripts/check-size.mjs has the same limit. A binding, which observes, may take so much more, and what sends, what draws placeholders and what paints as well.
  expect(getting).toBeLessThanOrEqual(12_000);
  expect(observing).toBeLessThanOrEqual(12_000 + 1_500);
  expect(everything).toBeLessThanOrEqual(12_000 + 1_500 + 1_800 + 1_300 + 3_850);
});

test('webpack builds a page with no settings', async () => {
  const folder = await project({ 'page.js': page });
  const stats = await webpackRun({ context: folder, entry: './page.js', output: { path: folder } });
  expect(stats).toMatchObject({ errors: [], warnings: [] });
  expect(await titleOf(join(folder, 'main.js'))).toBe('function');
});

// CommonJS has no `import.meta`, and no `await` outside of functions.
test.each([
  { format: 'esm', program: roundTrip, file: 'out.mjs' },
  {
    format: 'cjs',
    program: roundTrip.replace(/(import [^;]*;)(.*)/s, '$1 main(); async function main() {$2}'),
    file: 'out.cjs',
  },
] as const)(
  'esbuild bundles a server ($format), and it saves and serves an image',
  async ({ format, program, file }) => {
    const folder = await project({ 'server.js': program });
    const outfile = join(folder, file);
    const { warnings } = await esbuild.build({
      entryPoints: [join(folder, 'server.js')],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
    });
    if (format === 'esm') expect(warnings).toEqual([]);
    expect(await readFile(outfile, 'utf8')).not.toContain("from 'pixstore");
    const output = await run(process.execPath, [outfile], folder, withSqlite);
    expect(resultOf(output).payload).toBeGreaterThan(resultOf(output).image);
    expect(resultOf(output).refused).toBe(415); // the table of statuses was not shaken off
  },
);

test.each([
  { output: { module: true, chunkFormat: 'module', filename: 'main.mjs' }, experiments: { outputModule: true } },
  { output: { filename: 'main.cjs' } },
])('webpack bundles a server, with the thread that writes ($output.filename)', async (settings) => {
  const telling = roundTrip.replace('{ default', '{ logger: { ...console, warn: console.log }, default');
  const folder = await project({ 'server.mjs': telling });
  const output = { path: join(folder, 'out'), ...settings.output };
  const stats = await webpackRun({ ...settings, output, context: folder, target: 'node20', entry: './server.mjs' });
  expect(stats).toMatchObject({ errors: [], warnings: [] });
  const told = await run(process.execPath, [join(output.path, output.filename)], folder, withSqlite);
  expect(resultOf(told).refused).toBe(415);
  expect(told).not.toContain('thread');
});
