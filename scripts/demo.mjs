// `npm run demo`: builds pixstore and the demo gallery, and starts it. Options: see `usage`.
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runAsProgram, runInstalled } from './run.mjs';

const usage = `npm run demo -- [--fresh] [--port N] [--data DIR] [--pictures N]
  --fresh     forget the pictures of earlier runs and start with the sample photos
  --port N    the page's port (7480); the encrypted pictures come from the port two above
  --data DIR  where the pictures are kept (demo/data)
  --pictures N  how many pictures a new gallery has (500); they are made of ten photos`;

const demo = join(root, 'demo');

async function main() {
  const options = readArguments();
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) throw new Error('Run "npm ci" first.');
  const { ensureSqlite } = await import('./ensure-sqlite.mjs');
  await ensureSqlite();
  await build();

  if (options.fresh) forget(options.dataDir);
  const port = await freePort(options.port, []);
  const endpointPort = await freePort(options.port + 2, [port]);
  const { startDemo } = await import('../demo/dist/server.js');
  const running = await startDemo({
    port,
    endpointPort,
    dataDir: options.dataDir,
    photosDir: join(demo, 'photos'),
    pictures: options.pictures,
    pageDir: join(demo, 'dist', 'page'),
  }).catch((cause) => {
    throw new Error(`${cause.message}\nTo start over with the sample photos: npm run demo -- --fresh`, { cause });
  });

  console.log(`\n  The gallery: ${running.url}\n`);
  console.log(`Pictures are kept in ${relative(process.cwd(), options.dataDir) || '.'}. Ctrl-C stops the demo.`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => running.close());
}

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        fresh: { type: 'boolean' },
        port: { type: 'string' },
        data: { type: 'string' },
        pictures: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new Error(`${error.message}\n${usage}`);
  }
  const port = Number(values.port ?? 7480);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) throw new Error(`--port takes a number from 1 to 65000.`);
  const pictures = Number(values.pictures ?? 500);
  if (!Number.isInteger(pictures) || pictures < 0) throw new Error('--pictures takes a number from 0.');
  return { port, pictures, fresh: values.fresh ?? false, dataDir: resolve(values.data ?? join(demo, 'data')) };
}

/** Builds the library, then bundles the demo's server and page as an application would. */
async function build() {
  const { ok } = await runInstalled('typescript/bin/tsc', ['-b'], { show: true });
  if (!ok) throw new Error('The library does not build; see above.');

  const { build: bundle } = await import('esbuild');
  const outdir = join(demo, 'dist', 'page');
  const inPage = (file) => join(demo, 'page', file);
  const common = { bundle: true, format: 'esm', sourcemap: true, logLevel: 'warning' };
  mkdirSync(outdir, { recursive: true });
  await Promise.all([
    bundle({
      ...common,
      entryPoints: [join(demo, 'server', 'server.ts')],
      outfile: join(demo, 'dist', 'server.js'),
      platform: 'node',
      packages: 'external',
    }),
    bundle({ ...common, entryPoints: ['main.ts', 'visit.ts', 'other-tab.ts', 'style.css'].map(inPage), outdir }),
  ]);
  for (const file of ['index.html', 'visit.html', 'other-tab.html', 'icon.svg'])
    cpSync(inPage(file), join(outdir, file));
}

/** Removes what the demo keeps in its data folder, and nothing else that may lie there. */
function forget(dataDir) {
  if (!existsSync(dataDir)) return;
  const ours = readdirSync(dataDir).filter((name) => name.startsWith('gallery.json') || /^\.?pixstore/.test(name));
  for (const name of ours) rmSync(join(dataDir, name), { recursive: true });
}

/** The first port from `wanted` on that is free; says so when it is another. */
async function freePort(wanted, exclude) {
  for (let port = wanted; port <= 65_535; port += 1) {
    if (exclude.includes(port) || !(await isFree(port))) continue;
    if (port !== wanted) console.log(`Port ${wanted} is taken: using ${port}.`);
    return port;
  }
  throw new Error(`No port from ${wanted} on is free. Choose another one with --port.`);
}

async function isFree(port) {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

await runAsProgram(import.meta.url, main);
