import pg from 'pg';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import type { RowStore } from '../../../src/stores/split/row-store.js';
import { put, small } from '../../../src/testing/rows/row-versions.js';
import { giveKeys, sealedWith } from '../../../src/testing/sealing.js';
import { openRows } from '../../support/postgres.js';

const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

afterAll(() => pool.end());

type Fate = 'loses the request' | 'loses the answer' | 'waits';

/** A pool that does this with the first call of a function, while others change something. */
function poolThat(fate: Fate, called: string, meanwhile: () => Promise<unknown>) {
  let isOver = false;
  return {
    query: (text: string, values: unknown[]) => pool.query(text, values),
    async connect() {
      const client = await pool.connect();
      return {
        async query(config: string | { text: string }, values?: unknown[]) {
          const ask = () => client.query(config as string, values);
          if (isOver || !JSON.stringify(config).includes(`.${called}_`)) return ask();
          isOver = true;
          if (fate === 'loses the answer') await ask();
          await meanwhile();
          if (fate === 'waits') return ask();
          throw new Error('Connection terminated unexpectedly');
        },
        release: () => client.release(),
      };
    },
  };
}

/** Rows on such a pool, and the same rows as others have them. */
function openBoth(fate: Fate, called: string, meanwhile: (others: RowStore) => Promise<unknown> = async () => {}) {
  const { open, schema, destroy } = openRows(pool);
  onTestFinished(destroy);
  const others = open();
  const unlucky = openRows(pool, { schema, pool: poolThat(fate, called, () => meanwhile(others)) });
  return { others, rows: unlucky.open() };
}

const erased = sealedWith(small('a:one', 1000), 1);

/** A folder that is used again, after it was erased or before. */
async function useAgain(rows: RowStore): Promise<void> {
  await giveKeys(rows, 'a', 2, 1);
  await put(rows, sealedWith(small('a:two', 2000), 2));
}

const unknown = { code: 'STORAGE_FAILED', message: expect.stringContaining('may have been done') };

test('a folder whose erasure is repeated keeps what was saved in between', async () => {
  const { rows, others } = openBoth('loses the answer', 'erase_keys', useAgain);
  await giveKeys(others, 'a', 1);
  await put(others, erased);
  await expect(rows.eraseKeys('a')).rejects.toMatchObject(unknown);
  expect(await others.record('a:one')).toBe(null);
  expect((await others.record('a:two'))?.token).toBe(2000);
});

test.each<Fate>(['loses the request', 'loses the answer'])(
  'an erasure is repeated where nothing was saved in between, when a network %s',
  async (fate) => {
    for (const key of [0, 1]) {
      const { rows, others } = openBoth(fate, 'erase_keys');
      await giveKeys(others, 'a', key);
      await put(others, key === 0 ? small('a:one', 1000) : erased);
      expect(await rows.eraseKeys('a')).toBe(true);
      expect(await others.record('a:one')).toBe(null);
      expect(await others.erasures()).toEqual([{ folder: 'a', generation: key }]);
    }
  },
);

test('a folder that gets another key while it is about to be erased is erased with it', async () => {
  const { rows, others } = openBoth('waits', 'erase_keys', useAgain);
  await giveKeys(others, 'a', 1);
  await put(others, erased);
  expect(await rows.eraseKeys('a')).toBe(true);
  for (const id of ['a:one', 'a:two']) expect(await others.record(id)).toBe(null);
});

test('an image whose removal is repeated keeps the version that was saved in between', async () => {
  const { rows, others } = openBoth('loses the answer', 'remove', (each) => put(each, small('one', 2000)));
  await put(others, small('one', 1000));
  await expect(rows.remove('one')).rejects.toMatchObject(unknown);
  expect((await others.record('one'))?.token).toBe(2000);
});

test('a removal that did not arrive is repeated', async () => {
  const { rows, others } = openBoth('loses the request', 'remove');
  await put(others, small('one', 1000));
  expect(await rows.remove('one')).toEqual([]);
  expect(await others.record('one')).toBe(null);
});

test('an image that is replaced while it is about to be removed is removed', async () => {
  const { rows, others } = openBoth('waits', 'remove', (each) => put(each, small('one', 2000), null, 1000));
  await put(others, small('one', 1000));
  expect(await rows.remove('one')).toEqual([]);
  expect(await others.record('one')).toBe(null);
});

test('an adoption that is repeated does not take back a later one', async () => {
  const adoption = (epoch: number) => ({ epoch, sessions: [], at: 1_000 });
  const { rows, others } = openBoth('loses the answer', 'adopt', (each) => each.adopt(adoption(3)));
  await rows.adopt(adoption(2));
  expect(await others.identity()).toMatchObject({ epoch: 3, isAdopted: true });
});
