import pg from 'pg';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ImageVersion } from '../../../src/stores/port.js';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import type { KeepOutcome, RowStore } from '../../../src/stores/split/row-store.js';
import { put, rowsOf, small } from '../../../src/testing/rows/row-versions.js';
import { giveKeys, sealedWith } from '../../../src/testing/sealing.js';
import { openRows } from '../../support/postgres.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { sharedPlace, waitingFor } from './place.js';

const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

afterAll(() => pool.end());

const large = withMorePixels(smallPicture(), Buffer.alloc(20_000));

function image(token: number, generation: number, variants: string[] = []): ImageVersion {
  const version = small('a:one', token, variants);
  return generation === 0 ? version : sealedWith(version, generation);
}

/** Rows with an image, whose key is being exchanged: by a transaction that is not committed. */
async function openHere(before: number, after: number) {
  const { open, schema, destroy } = openRows(pool);
  const other = await pool.connect();
  onTestFinished(async () => {
    other.release(true);
    await destroy();
  });
  const rows = open();
  await giveKeys(rows, 'a', before);
  await put(rows, image(1000, before));
  await giveKeys(rows, 'a', after, before);
  const within = postgresRows({ pool: { query: (text, values) => other.query(text, values) }, schema });
  await within.identity();
  await other.query('BEGIN');
  const [{ sealedKey } = { sealedKey: new Uint8Array() }] = image(1000, after).parts;
  expect(await within.reseal([{ id: 'a:one', token: 1000, sealedKey }])).toBe(1);
  return { rows, schema, other };
}

const kind = async (outcome: Promise<KeepOutcome>) => (await outcome).kind;

describe.each([
  ['from one key of the folder to the next', 1, 2],
  ['from none to the first key of the folder', 0, 1],
])('an image that is sealed anew, %s, is there for who has waited for that', (_, before, after) => {
  const changes: [string, (rows: RowStore) => Promise<unknown>, unknown, number | undefined][] = [
    ['is removed', (rows) => rows.remove('a:one'), [], undefined],
    ['is replaced', (rows) => kind(rows.put(rowsOf(image(2000, after)), 1000)), 'done', 2000],
    ['is replaced by what is newer', (rows) => kind(rows.put(rowsOf(image(2000, after)), 'older')), 'done', 2000],
    ['is not born again', (rows) => kind(rows.put(rowsOf(image(2000, after)), null)), 'refused', 1000],
    ['is not born again with its token', (rows) => kind(rows.put(rowsOf(image(1000, after)), null)), 'refused', 1000],
    [
      'gets what it does not have',
      (rows) => {
        const { parts, ...version } = rowsOf(image(1000, after, ['thumb']));
        return kind(rows.addParts({ ...version, parts: parts.slice(1) }));
      },
      'done',
      1000,
    ],
  ];

  test.each(changes)('and %s', async (_, change, expected, token) => {
    const { rows, schema, other } = await openHere(before, after);
    const changing = change(rows);
    await waitingFor(other, schema);
    await other.query('COMMIT');
    expect(await changing).toEqual(expected);
    expect((await rows.record('a:one'))?.token).toBe(token);
    expect((await rows.usage()).images).toBe(token ? 1 : 0);
  });
});

test('images that are deleted and updated while all are sealed anew after a leak are deleted and updated', async () => {
  const place = sharedPlace();
  const { backend, store } = place.open();
  const { backend: rotating } = place.open();
  const save = (id: string) => backend.saveImage(large, { dir: 'cats', id });
  const [doomed, updated, kept] = [await save('a'), await save('b'), await save('c')];
  const other = await pool.connect();
  onTestFinished(() => other.release(true));
  await other.query('BEGIN');
  await other.query(`SELECT FROM "${place.schema}".parts FOR UPDATE`);

  const rotation = (async () => {
    for await (const _ of rotating.rotateMasterKey({ compromised: true })) {
      // To its end.
    }
  })();
  await waitingFor(other, place.schema); // to seal all three, and the first one next
  const changes = [backend.deleteImage(doomed.id), backend.updateImage(updated.id, smallPicture())] as const;
  await waitingFor(other, place.schema, 'SELECT %remove');
  await waitingFor(other, place.schema, 'SELECT %put');
  await other.query('COMMIT');

  expect(await changes[0]).toBe(true);
  const { token } = await changes[1];
  await rotation;
  const records = await backend.getImageRecords([doomed.id, updated.id, kept.id]);
  expect(records.map((record) => record?.token)).toEqual([undefined, token, kept.token]);
  expect((await store.usage()).images).toBe(2);
  expect(await store.check()).toEqual([]);
});

test('images that are deleted while they are encrypted anew are deleted', async () => {
  const place = sharedPlace();
  const { backend, store } = place.open();
  const { backend: renewing } = place.open();
  const { id } = await backend.saveImage(large, 'cats');
  for await (const { step } of backend.rotateMasterKey({ compromised: true })) {
    if (step === 'folders') break; // the folder has another key, and the image is not sealed with it yet
  }
  const other = await pool.connect();
  onTestFinished(() => other.release(true));
  await other.query('BEGIN');
  await other.query(`SELECT FROM "${place.schema}".parts FOR UPDATE`);
  const renewal = (async () => {
    const outcomes: string[] = [];
    for await (const { outcome } of renewing.reencrypt()) outcomes.push(outcome);
    return outcomes;
  })();
  await waitingFor(other, place.schema);
  const deleting = backend.deleteImage(id);
  await waitingFor(other, place.schema, 'SELECT %remove');
  await other.query('COMMIT');
  expect(await deleting).toBe(true);
  expect(await renewal).toEqual(['reencrypted']);
  expect((await store.usage()).images).toBe(0);
  expect(await store.check()).toEqual([]);
});
