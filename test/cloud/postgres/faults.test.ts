import pg from 'pg';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import { put, rowsOf, small } from '../../../src/testing/rows/row-versions.js';
import { giveKeys, sealedWith } from '../../../src/testing/sealing.js';
import { bytesOf } from '../../../src/testing/versions.js';
import { newKey, oldKey } from '../../support/keys.js';
import { openRows } from '../../support/postgres.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { ciphertextNames } from '../../support/split/blob-names.js';
import { examine, sharedPlace, waitingFor } from './place.js';

const url = inject('databaseUrl');

function openPool(config: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...config });
  onTestFinished(() => pool.end());
  return pool;
}

describe('transactions of others', () => {
  /** Rows over a pool that notices a deadlock first. */
  async function openHere() {
    const pool = openPool({ options: '-c deadlock_timeout=20ms' });
    const { open, schema, destroy } = openRows(pool);
    const other = await openPool().connect();
    onTestFinished(async () => {
      other.release(true);
      await destroy();
    });
    return { rows: open(), schema, other };
  }

  test('a deadlock with one ends by letting go, and then what was to be done is done', async () => {
    const { rows, schema, other } = await openHere();
    const third = await openPool().connect();
    onTestFinished(() => third.release(true));
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await put(rows, small(id, 1000));
    const lock = (client: pg.PoolClient, id: string) =>
      client.query(`SELECT FROM "${schema}".parts WHERE id = $1 FOR UPDATE`, [id]);
    await other.query("BEGIN; SET LOCAL deadlock_timeout = '1h'");
    await lock(other, 'c');
    await third.query('BEGIN');
    await lock(third, 'b');
    const sealedKey = bytesOf('anew', 69);
    const resealing = rows.reseal(ids.map((id) => ({ id, token: 1000, sealedKey })));
    await waitingFor(third, schema); // has "a", and waits for "b"
    const locked = lock(other, 'a');
    await waitingFor(third, schema, 'SELECT FROM'); // who has "c" waits for "a"
    await third.query('COMMIT'); // so that we wait for "c", and see that nobody can go on
    await locked;
    await other.query('COMMIT');
    expect(await resealing).toBe(3);
  });

  test('one that keeps an image is waited for', async () => {
    const { rows, schema, other } = await openHere();
    await put(rows, small('a', 1000));
    await other.query('BEGIN');
    await other.query(`SELECT FROM "${schema}".parts FOR UPDATE`);
    const saving = rows.put(rowsOf(small('a', 1001)), 1000);
    await waitingFor(other, schema);
    expect((await rows.record('a'))?.token).toBe(1000);
    await other.query('ROLLBACK');
    expect((await saving).kind).toBe('done');
  });

  test('a version that is put while another goes on is seen by who has waited for it', async () => {
    const { rows, schema, other } = await openHere();
    await put(rows, small('a', 1000));
    await other.query('BEGIN');
    await other.query(`UPDATE "${schema}".parts SET token = 5000`);
    const puts = [1001, 6000].map((token) => rows.put(rowsOf(small('a', token)), 'older'));
    await waitingFor(other, schema);
    await other.query('COMMIT');
    expect((await Promise.all(puts)).map(({ kind }) => kind)).toEqual(['refused', 'done']);
  });

  test('an image that is removed meanwhile is not born again with a token it had', async () => {
    const { rows, schema, other } = await openHere();
    await put(rows, small('a', 1000));
    await other.query('BEGIN');
    await other.query(`SELECT "${schema}".remove_2('a', '', NULL)`);
    const births = [1000, 1001].map((token) => rows.put(rowsOf(small('a', token)), null));
    await waitingFor(other, schema);
    await other.query('COMMIT');
    expect((await births[0])?.kind).toBe('refused');
    expect(await rows.lastRemovedToken()).toBe(1000);
  });

  test('a key that is added, or destroyed, meanwhile keeps nothing from being refused', async () => {
    const { rows, schema, other } = await openHere();
    await giveKeys(rows, 'a', 1);
    const session = '0000000100000000';
    await rows.beginSession({ id: session, begun: 1000 });
    for (const change of [
      `SELECT "${schema}".add_folder_key_2('a', 2, '\\x01', 1, false)`,
      `SELECT "${schema}".erase_keys_2('a', 2)`,
    ]) {
      const generation = (await rows.folderKey('a'))?.generation ?? 0;
      await other.query('BEGIN');
      await other.query(change);
      const saving = rows.put(rowsOf(sealedWith(small('a:one', 1000), generation)), null);
      await waitingFor(other, schema);
      await other.query('COMMIT');
      expect(await saving).toEqual({ kind: 'refused' });
    }
    await other.query('BEGIN');
    await other.query(`SELECT "${schema}".end_sessions_2('{${session}}', 2000)`);
    const saving = rows.put(rowsOf(small('two', 1000), session), null);
    await waitingFor(other, schema);
    await other.query('COMMIT');
    expect(await saving).toEqual({ kind: 'session-ended' });
  });

  test('a save waits for no other, not in the same folder either, but for who changes its key', async () => {
    const { rows, schema, other } = await openHere();
    await giveKeys(rows, 'a', 1);
    await other.query('BEGIN');
    const { rows: kept } = await other.query(
      `SELECT outcome FROM "${schema}".put_2('a:other', 'a', 1000, NULL, NULL, 0, false, NULL, NULL,
         '{""}', '{1}', '{1}', ARRAY['\\x00'::bytea], '{NULL}', '{0}', '\\x00')`,
    );
    expect(kept).toEqual([{ outcome: 'done' }]);
    await put(rows, sealedWith(small('a:one', 1000), 1)); // while the other is not committed
    const adding = rows.addFolderKey({ folder: 'a', generation: 2, wrapped: bytesOf('a 2', 69) }, 1);
    await waitingFor(other, schema);
    await other.query('COMMIT');
    expect(await adding).toBe(true);
    expect(await rows.usage()).toEqual({ images: 2, bytes: 301 });
  });
});

test('a pool whose connections are all busy is told in a sentence, and nothing is done later', async () => {
  const pool = openPool({ max: 1 });
  const { open, schema, destroy } = openRows(pool);
  await open().identity(); // which makes the schema, in whatever time that takes
  const rows = postgresRows({ pool, schema, timeout: 300 });
  const busy = await pool.connect();
  const outcome = await rows.put(rowsOf(small('one', 1000)), null);
  expect(outcome).toMatchObject({ kind: 'failed', uncertain: false, error: { code: 'STORE_TIMEOUT' } });
  await expect(rows.record('one')).rejects.toThrow('No connection of the pool became free');
  busy.release();
  expect(await open().record('one')).toBe(null);
  await rows.close();
  await destroy();
});

test('a pool that gives up by itself is told the same way', async () => {
  const pool = openPool({ max: 1, connectionTimeoutMillis: 50 });
  const { open, destroy } = openRows(pool);
  const rows = open();
  await rows.identity();
  const busy = await pool.connect();
  await expect(rows.record('one')).rejects.toMatchObject({ code: 'STORE_TIMEOUT' });
  busy.release();
  await destroy();
});

test('two backends, whose clocks are 3 s apart, update one image 1,000 times', async () => {
  const place = sharedPlace();
  const [one, two] = [0, -3_000].map((skew) =>
    place.open({ now: () => Date.now() + skew, rows: { inlineUpTo: 300 }, pool: { max: 4 } }),
  ) as [ReturnType<typeof place.open>, ReturnType<typeof place.open>];
  const { id } = await one.backend.saveImage(smallPicture(), 'cats');
  const tokens: number[] = [];
  let images = new Map<number, Buffer>();
  await Promise.all(
    [one, two].map(async ({ backend }, which) => {
      for (let round = 0; round < 500; round += 1) {
        const image = withMorePixels(smallPicture(), Buffer.alloc(which ? 20 : 400, round));
        const { token, statelessProof } = await backend.updateImage(id, image);
        tokens.push(token);
        images.set(token, image);
        if (round % 100 !== 0) continue;
        // A proof of one is good for the other.
        const payload = await one.backend.customEndpointHelper(id, token, statelessProof ?? '');
        expect([0, 1]).toContain(payload?.[0]);
      }
    }),
  );
  expect(new Set(tokens).size).toBe(1_000);
  const last = Math.max(...tokens);
  for (const { backend } of [one, two]) {
    const found = await backend.readImage(id);
    expect(found?.token).toBe(last);
    expect(Buffer.compare(found?.bytes ?? Buffer.alloc(0), images.get(last) as Buffer)).toBe(0);
  }
  images = new Map();
  const { usage, problems } = await examine(place);
  expect(usage.images).toBe(1);
  expect(problems).toEqual([]);
  expect((await ciphertextNames(place.blobs)).length).toBeLessThanOrEqual(1);
});

test('a backend with an old list of master keys goes on with what it knows, beside one with a new one', async () => {
  const place = sharedPlace();
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const old = place.open({ now, backend: { masterKey: oldKey } });
  const { id } = await old.backend.saveImage(smallPicture(), 'cats');
  const next = place.open({ now, backend: { masterKey: [newKey, oldKey] } });
  for await (const _ of next.backend.rotateMasterKey()) {
    // At once: the keys of images stay.
  }
  const later = await next.backend.saveImage(smallPicture(), 'cats');
  clock.ahead += 2_000; // by then every process has looked
  expect((await old.backend.getImageRecords([id]))[0]?.id).toBe(id);
  expect((await old.backend.getImageRecords([later.id]))[0]?.id).toBe(later.id); // under the same key of the folder
  await expect(old.backend.saveImage(smallPicture(), 'cats')).rejects.toMatchObject({ code: 'MASTER_KEY_MISMATCH' });
  expect((await old.backend.health()).status).not.toBe('ok');
  const restarted = place.open({ now, backend: { masterKey: [newKey] } });
  expect((await restarted.backend.readImage(id))?.token).toBeGreaterThan(0);
  await restarted.backend.saveImage(smallPicture(), 'cats');
});

test('keys that are sealed are counted about as often as they are', async () => {
  const drawn = vi.spyOn(Math, 'random').mockReturnValue(0); // one in 1,024 counts for all of them
  onTestFinished(() => drawn.mockRestore());
  const { open, destroy } = openRows(openPool());
  const rows = open();
  await giveKeys(rows, 'a', 1);
  const version = sealedWith(small('a:one', 1000, ['thumb']), 1);
  await put(rows, version);
  expect((await rows.folderKey('a'))?.sealed).toBe(2 * 1_024);
  const [{ sealedKey } = { sealedKey: new Uint8Array() }] = version.parts;
  await rows.reseal([{ id: 'a:one', token: 1000, sealedKey }]);
  drawn.mockReturnValue(0.5);
  await rows.reseal([{ id: 'a:one', token: 1000, sealedKey }]);
  expect((await rows.record('a:one'))?.folderKey?.sealed).toBe(3 * 1_024);
  await destroy();
});
