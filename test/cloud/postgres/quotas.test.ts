import { expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { sharedPlace } from './place.js';

const picture = smallPicture();

const outcomes = (saves: Promise<unknown>[]): Promise<string[]> =>
  Promise.all(
    saves.map((save) =>
      save.then(
        () => 'saved',
        (error) => error.code,
      ),
    ),
  );

const numberOf = (all: string[], outcome: string): number => all.filter((each) => each === outcome).length;

test('a folder never holds more than its limit, however many servers save at the same moment', async () => {
  const { open } = sharedPlace();
  const servers = [1, 2, 3].map(() => open({ backend: { limits: { folder: { images: 5 } } } }));
  const save = (at: number) => servers[at % 3]?.backend.saveImage(picture, { dir: 'anna' }) as Promise<unknown>;
  const all = await outcomes(Array.from({ length: 30 }, (_, at) => save(at)));
  expect([numberOf(all, 'saved'), numberOf(all, 'QUOTA_EXCEEDED')]).toEqual([5, 25]);
  const [server] = servers;
  expect((await server?.store.folderUsage?.('anna'))?.images).toBe(5);

  expect(await server?.backend.deleteImages('anna')).toBe(5);
  expect(await server?.store.folderUsage?.('anna')).toEqual({ images: 0, bytes: 0 });
  await save(1);
  expect((await server?.store.folderUsage?.('anna'))?.images).toBe(1);
});

test('saves, updates and deletions of many at once leave the numbers of each folder right', async () => {
  const { open, admin, schema } = sharedPlace();
  const [one, other] = [open(), open()];
  const saved = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      (at % 2 ? one : other).backend.saveImage(picture, { dir: at < 30 ? 'anna' : 'ben' }),
    ),
  );
  await Promise.all(
    saved.map(({ id }, at) => (at % 3 ? one.backend.updateImage(id, picture) : other.backend.deleteImage(id))),
  );
  const { rows } = await admin.query(
    `SELECT folder, count(*) FILTER (WHERE variant = '')::int AS images, sum(size)::int AS bytes
     FROM "${schema}".parts GROUP BY folder ORDER BY folder`,
  );
  for (const { folder, ...usage } of rows) expect(await other.store.folderUsage?.(folder)).toEqual(usage);
  expect(rows.map(({ images }) => images)).toEqual([20, 6]);
});

test('without a limit, no save waits for another one that counts in its folder', async () => {
  const { open, admin, schema } = sharedPlace();
  const { backend, store } = open({ rows: { timeout: 20_000 } });
  await backend.saveImage(picture, { dir: 'anna' });
  const client = await admin.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT FROM "${schema}".folder_usage FOR UPDATE`);
    await backend.saveImage(picture, { dir: 'anna' });
    expect((await store.folderUsage?.('anna'))?.images).toBe(2);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});
