import { fileURLToPath } from 'node:url';
import type { ImageRecord } from 'pixstore/backend';
import { beforeAll, expect, test } from 'vitest';
import { pageOf, serve, visit } from '../examples/app.js';
import type { SeenImage } from '../examples/pages/seen-image.js';
import { photo, sha256 } from '../harness/backend.js';
import { installPeer } from '../harness/install.js';
import { eventually, useWorld } from '../harness/world.js';

// Pages that were built with pixstore 3.2.1 go on working when the backend becomes this one: its own browser client,
// from the registry, fetches from our default endpoint.

// And pages that had it before find its cache in IndexedDB: same database, same version, same store, other rows.

const world = useWorld();
let peerFolder: string;

beforeAll(async () => {
  peerFolder = await installPeer();
}, 60_000);

declare global {
  var peer: {
    initPixstoreFrontend(config: object): void;
    show(record: ImageRecord): Promise<SeenImage>;
  };
  var ours: typeof import('pixstore/frontend');
}

const ownFrontend = fileURLToPath(new URL('../../../dist/frontend/index.js', import.meta.url));

const script = (seenImage: string) => `
  import * as ours from ${JSON.stringify(ownFrontend)};
  import { getImage, initPixstoreFrontend } from 'pixstore/frontend';
  import { show } from ${JSON.stringify(seenImage)};
  globalThis.ours = ours;
  globalThis.peer = { initPixstoreFrontend, show: async (record) => show(await getImage(record)) };
`;

/** A page of an application that still has the peer's client; the states of the answers it gets are noted. */
async function visitOldPage() {
  const seenImage = fileURLToPath(new URL('../examples/pages/seen-image.ts', import.meta.url));
  // No source map: `npm run coverage` is about our own code.
  const app = await pageOf({ stdin: { contents: script(seenImage), resolveDir: peerFolder }, sourcemap: false });
  const { origin } = await serve(app);
  const states: (number | undefined)[] = [];
  world.tap.meddle = (payload) => {
    if (payload.length > 0) states.push(payload[0]);
    return payload;
  };
  const page = await visit(world, origin, 'peer');
  await page.evaluate((port) => {
    peer.initPixstoreFrontend({
      defaultEndpointConnectHost: '127.0.0.1',
      defaultEndpointConnectPort: port,
      frontendDbName: 'pixstore', // its default, except under test runners
      errorHandlingMode: 'throw',
    });
  }, world.tap.port);
  return { page, states };
}

test.each([
  ['png', 'cat.png', { width: 451, height: 300 }],
  ['webp', 'coffee.webp', { width: 600, height: 400 }],
  ['jpg', 'rocket.jpg', { width: 640, height: 427 }],
])('a client of pixstore 3.2.1 shows a %s', async (_, name, size) => {
  const { page, states } = await visitOldPage();
  const record = await world.backend.save(await photo(name));
  const seen = await page.evaluate((record) => peer.show(record), record);
  expect(seen).toMatchObject({ ...size, sha256: sha256(await photo(name)) });
  expect(states).toEqual([0]);
});

test('with an old record it is sent the new picture with its key, and shows it', async () => {
  const { page, states } = await visitOldPage();
  const old = await world.backend.save(await photo('coffee.webp'));
  await world.backend.update(old.id, await photo('rocket.jpg'));
  const seen = await page.evaluate((record) => peer.show(record), old);
  expect(seen).toMatchObject({ width: 640, height: 427, sha256: sha256(await photo('rocket.jpg')) });
  expect(states).toEqual([1]);
});

test('with the old picture in its cache and a new record it shows the new picture', async () => {
  const { page } = await visitOldPage();
  const old = await world.backend.save(await photo('coffee.webp'));
  await page.evaluate((record) => peer.show(record), old);
  const fresh = await world.backend.update(old.id, await photo('cat.png'));
  const seen = await page.evaluate((record) => peer.show(record), fresh);
  expect(seen).toMatchObject({ sha256: sha256(await photo('cat.png')) });
});

test('with an expired proof it shows nothing, and says why', async () => {
  const { page, states } = await visitOldPage();
  const record = await world.backend.save(await photo('coffee.webp'));
  world.backend.clock.ahead = 60_000;
  await expect(page.evaluate((record) => peer.show(record), record)).rejects.toThrow('state=InvalidProof');
  expect(states).toEqual([5]);
});

test('a page that had the peer before takes the place of its cache, and shows and keeps pictures', async () => {
  const { page } = await visitOldPage();
  const record = await world.backend.save(await photo('coffee.webp'));
  await page.evaluate((record) => peer.show(record), record);
  await eventually(() => page.evaluate(describeDatabase)).toEqual({ version: 1, stores: { images: 1 } });
  await page.reload();
  await page.waitForFunction(() => 'ours' in globalThis);
  const sources = await page.evaluate(
    async ([record, port]) => {
      const sources: string[] = [];
      const start = () =>
        ours.createPixstoreFrontend({
          defaultEndpointConnectHost: '127.0.0.1',
          defaultEndpointConnectPort: port,
          errorHandlingMode: 'throw',
          onImageLoad: ({ source }) => sources.push(source),
        });
      const first = start();
      await first.getImage(record);
      first.close();
      await start().getImage(record);
      return sources;
    },
    [record, world.tap.port] as const,
  );
  expect(sources).toEqual(['network', 'disk']);
  expect(await page.evaluate(describeDatabase)).toMatchObject({
    version: 1,
    stores: { images: 1, 'images-usage': 1 },
  });
});

/** Runs in the page: what the database `pixstore` is like, as any script could see it. */
async function describeDatabase(): Promise<unknown> {
  const done = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  // To open one that is not there would make it.
  if (!(await indexedDB.databases()).some(({ name }) => name === 'pixstore')) return undefined;
  const database = await done(indexedDB.open('pixstore'));
  try {
    const stores: Record<string, number> = {};
    for (const name of database.objectStoreNames) {
      stores[name] = await done(database.transaction(name).objectStore(name).count());
    }
    return { version: database.version, stores };
  } finally {
    database.close();
  }
}
