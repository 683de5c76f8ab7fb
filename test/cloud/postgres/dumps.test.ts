import pg from 'pg';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import { s3Blobs } from '../../../src/stores/s3/s3-blobs.js';
import type { BlobStore } from '../../../src/stores/split/blob-store.js';
import { newSchema } from '../../support/postgres.js';
import { s3Server, useBucket } from '../../support/s3/bucket.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { ciphertextNames } from '../../support/split/blob-names.js';
import { sharedPlace, whenUnused } from './place.js';

const tables = [
  'store',
  'parts',
  'counters',
  'folder_usage',
  'key_ring',
  'folder_keys',
  'erasures',
  'sessions',
  'given_up_blobs',
];

/** Another database on the same server, with what a dump of the schema takes along. */
async function restoredElsewhere({ schema, admin }: ReturnType<typeof sharedPlace>) {
  const database = newSchema();
  await admin.query(`CREATE DATABASE "${database}"`);
  const url = new URL(inject('databaseUrl'));
  url.pathname = database;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  onTestFinished(async () => {
    await pool.end();
    await whenUnused(() => admin.query(`DROP DATABASE "${database}"`));
  });
  return {
    url: url.href,
    /** Puts the rows of this moment there: as they were, whatever has become of the others since. */
    async restore(dump: Map<string, pg.QueryResult>): Promise<void> {
      for (const [table, { rows, fields }] of dump) {
        await pool.query(`TRUNCATE "${schema}".${table}`);
        const columns = fields.map(({ name }) => name);
        const values = columns.map((_, index) => `$${index + 1}`).join(', ');
        for (const row of rows) {
          await pool.query(
            `INSERT INTO "${schema}".${table} (${columns.join(', ')}) VALUES (${values})`,
            columns.map((name) => row[name]),
          );
        }
      }
    },
  };
}

async function dump({ schema, admin }: ReturnType<typeof sharedPlace>): Promise<Map<string, pg.QueryResult>> {
  const read = async (table: string) => [table, await admin.query(`SELECT * FROM "${schema}".${table}`)] as const;
  return new Map(await Promise.all(tables.map(read)));
}

const picture = (size: number) => withMorePixels(smallPicture(), Buffer.alloc(size, 3));

const moments = ['at once', 'after the first has gone on'];

const restoredBeside = (newBlobs: () => BlobStore) =>
  test.each(moments)(
    'a dump that is restored in front of the same blobs, %s, serves and removes nothing until it is adopted',
    async (when) => {
      const place = sharedPlace(undefined, newBlobs());
      const first = place.open();
      const images = await Promise.all([1, 2, 3, 4].map(() => first.backend.saveImage(picture(20_000), 'cats')));
      const [kept, replaced, removed, shared] = images.map(({ id }) => id) as [string, string, string, string];
      const elsewhere = await restoredElsewhere(place);
      const taken = await dump(place);
      const goOn = async () => {
        await first.backend.updateImage(replaced, picture(30_000));
        await first.backend.saveImage(picture(20_000), 'cats');
      };
      if (when !== 'at once') await goOn();

      const copy = place.open({ pool: { connectionString: elsewhere.url } });
      await copy.store.usage(); // makes the schema
      await elsewhere.restore(taken);
      const { backend, store } = place.open({ pool: { connectionString: elsewhere.url } });
      expect((await backend.readImage(kept))?.token).toBeGreaterThan(0);
      const before = await ciphertextNames(place.blobs);
      expect(before).toHaveLength(when === 'at once' ? 4 : 5);
      expect(await backend.deleteImage(removed)).toBe(true);
      await backend.updateImage(kept, picture(25_000));
      expect(await store.sweep({ all: true })).toBe(0);
      expect((await backend.health()).status).toBe('degraded');
      expect(await ciphertextNames(place.blobs)).toEqual(expect.arrayContaining(before));

      if (when === 'at once') await goOn();
      for (const id of [kept, replaced, removed]) expect((await first.backend.readImage(id))?.token).toBeGreaterThan(0);

      expect((await backend.health()).problems.join()).toContain('adopt()');
      await backend.adopt();
      expect((await backend.health()).problems.join()).not.toContain('adopt()');
      expect(await first.backend.deleteImage(shared)).toBe(true); // nor can it remove one
      expect((await backend.readImage(shared))?.token).toBeGreaterThan(0);
      const late = place.open();
      await expect(late.backend.saveImage(picture(20_000), 'cats')).rejects.toMatchObject({ code: 'STORE_SUPERSEDED' });
      expect((await backend.readImage(kept))?.token).toBeGreaterThan(0);
    },
  );

describe('blobs in memory', () => restoredBeside(createMemoryBlobs));

describe.skipIf(!s3Server)('blobs in a bucket', () => {
  const { client, bucket, newPrefix } = useBucket();
  restoredBeside(() => s3Blobs({ client, bucket, prefix: newPrefix() }));
});
