import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import { beginSession } from '../../../src/testing/rows/row-versions.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { examine, sharedPlace, strands } from './place.js';

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.destroy());

const isThere = (found: { bytes: Uint8Array } | null, image: Buffer) =>
  found !== null && Buffer.compare(found.bytes, image) === 0;

test.each([
  ['is restarted', (own: PostgresServer) => own.stop().then(() => own.start())],
  ['crashes and starts again', (own: PostgresServer) => own.kill().then(() => own.start())],
  ['moves to another address', (own: PostgresServer) => own.stop().then(() => own.start(own.port + 1))],
])('while PostgreSQL %s, callers wait: none sees an error, and nothing is lost', async (_, disturb) => {
  const proxy = await startTcpProxy(server.port);
  onTestFinished(() => proxy.close());
  const url = new URL(server.url);
  url.port = String(proxy.port);
  const place = sharedPlace(url.href);
  const { backend } = place.open({ pool: { max: 6 }, rows: { timeout: 30_000 } });
  const kept = new Map<string, Buffer>();
  const errors: unknown[] = [];
  let isOver = false;
  let calls = 0;

  const save = async (strand: number) => {
    const image = withMorePixels(smallPicture(), Buffer.alloc(strand % 2 ? 500 : 20_000, strand));
    const { id } = await backend.saveImage(image, 'cats');
    kept.set(id, image);
    if (kept.size % 3 !== 0) return;
    kept.delete(id); // before it is: who reads meanwhile may find it gone while the answer is on its way
    await backend.deleteImage(id);
  };
  const read = async () => {
    for (const [id, image] of kept) {
      if (isOver) return;
      const found = await backend.readImage(id);
      if (kept.has(id) && !isThere(found, image)) throw new Error('an image was lost');
    }
  };
  const running = strands(
    8,
    () => !isOver,
    async (strand) => {
      calls += 1;
      await (strand < 4 ? save(strand) : read()).catch((error) => errors.push(error));
      await new Promise((resolve) => setImmediate(resolve));
    },
  );
  await until(() => calls > 50);
  await disturb(server);
  proxy.lead(server.port);
  const before = calls;
  await until(() => calls > before + 100);
  isOver = true;
  await running;

  // That a removal was done when its answer was lost, its caller is told: he may look.
  expect(errors.filter((error) => !String(error).includes('others have changed the same'))).toEqual([]);
  for (const [id, image] of kept) expect(isThere(await backend.readImage(id), image)).toBe(true);
  const { ids, usage, problems } = await examine(place);
  expect(usage.images).toBe(ids.length);
  expect(problems).toEqual([]);
});

test('what blobs go by is on the disk, also where commits are else not waited for', async () => {
  const place = sharedPlace(server.url);
  const { backend, pool } = place.open({ pool: { options: '-c synchronous_commit=off' } });
  const { id } = await backend.saveImage(withMorePixels(smallPicture(), Buffer.alloc(20_000)), 'cats');
  // So long may the log of what is not waited for stay in memory.
  await place.admin.query("ALTER SYSTEM SET wal_writer_delay = '10s'");
  await place.admin.query('SELECT pg_reload_conf()');
  await place.admin.query('CHECKPOINT');
  const image = withMorePixels(smallPicture(), Buffer.alloc(30_000));
  const { token } = await backend.updateImage(id, image);
  const rows = postgresRows({ pool, schema: place.schema });
  const session = await beginSession(rows); // one that is forgotten would be taken for another copy's
  await server.kill();
  await server.start();
  const found = await backend.readImage(id);
  expect(found?.token).toBe(token);
  expect(isThere(found, image)).toBe(true);
  expect(await rows.hasSession(session)).toBe(true);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
