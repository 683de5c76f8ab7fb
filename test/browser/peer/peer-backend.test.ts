import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { ImageRecord } from 'pixstore/backend';
import { expect, onTestFinished, test } from 'vitest';
import { nodeMajor } from '../../../scripts/run.mjs';
import { temporaryFolder } from '../../support/folders.js';
import { photo, sha256 } from '../harness/backend.js';
import { installPeer } from '../harness/install.js';
import { listen } from '../harness/listen.js';
import { openTab, useWorld } from '../harness/world.js';

// Pages may be new before the backend is: pixstore 3.2.1 knows no batches and takes proofs by headers.

const world = useWorld();
const names = ['cat.png', 'coffee.webp', 'rocket.jpg'];

/** A backend of 3.2.1 with three photos. */
async function startPeer() {
  const [peer, folder, free] = await Promise.all([installPeer(), temporaryFolder(), listen(createServer())]);
  await free.close();
  // Beside our own packages: it takes our better-sqlite3, which is built for this Node.
  const bundle = join(peer, '..', 'pixstore-peer-backend.mjs');
  const entry = "export * from './node_modules/pixstore/backend/index.js';";
  const shim = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin: { contents: entry, resolveDir: peer },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: shim },
    external: ['better-sqlite3'],
    logLevel: 'error',
  });
  const photos = names.map((name) => fileURLToPath(new URL(`../../../demo/photos/${name}`, import.meta.url)));
  const program = fileURLToPath(new URL('start-peer.mjs', import.meta.url));
  const child = fork(program, [pathToFileURL(bundle).href, folder, String(free.port), ...photos], { silent: true });
  onTestFinished(() => void child.kill());
  const [records] = (await once(child, 'message')) as [ImageRecord[]];
  return { records, port: free.port };
}

// From Node 24 on better-sqlite3 is not built here.
test.skipIf(nodeMajor >= 24)(
  'a page gets its pictures from a backend of pixstore 3.2.1',
  { timeout: 90_000 },
  async () => {
    const { records, port } = await startPeer();
    const tab = await openTab(world, { defaultEndpointConnectPort: port, fetchRetries: 0 });
    const methods: string[] = [];
    tab.on('request', (request) => methods.push(request.method()));
    const seen = await tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), records);
    expect(seen).toMatchObject(await Promise.all(names.map(async (name) => ({ sha256: sha256(await photo(name)) }))));
    expect(methods.filter((method) => method !== 'OPTIONS')).toEqual(['POST', 'GET', 'GET', 'GET']);
  },
);
