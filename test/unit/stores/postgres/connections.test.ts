import { EventEmitter } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createConnections, type StatementFailed, statement } from '../../../../src/stores/postgres/connections.js';
import { asDatabaseError } from '../../../../src/stores/postgres/database-error.js';
import { lockTimeout } from '../../../../src/stores/postgres/locks.js';
import { checkedOptions } from '../../../../src/stores/postgres/options.js';

type Answer = () => Promise<{ rows: Record<string, unknown>[] }>;

const rows = [{ one: 1 }];
const fine: Answer = async () => ({ rows });
const hangs: Answer = () => new Promise(() => {});
const fails =
  (code: string, message = code): Answer =>
  () =>
    Promise.reject(Object.assign(new Error(message), code === '' ? {} : { code }));

/** A pool whose connections answer as they are told, one statement after the other. */
function openPool(answers: Answer[], { connects = async () => {} }: { connects?: () => Promise<void> } = {}) {
  const released: boolean[] = [];
  const asked: unknown[] = [];
  const emitter = new EventEmitter();
  const pool = Object.assign(emitter, {
    query: hangs,
    async connect() {
      await connects();
      return {
        query: (...given: unknown[]) => {
          asked.push(given);
          return (answers.shift() ?? fine)();
        },
        release: (destroy?: boolean) => void released.push(destroy === true),
      };
    },
  });
  return { pool, released, asked, emitter };
}

const select = statement('SELECT 1');
const connectionsOf = (pool: Parameters<typeof createConnections>[0]['pool'], timeout = 5_000, prepare = true) =>
  createConnections({ pool, timeout, prepare });

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it was done'),
    (error: StatementFailed) => error.failure,
  );

describe('a statement', () => {
  test.each(['40001', '40P01', '55P03', '57P01', '08006', '53300', 'ECONNRESET', '0A000'])(
    'that fails with %s is tried again',
    async (code) => {
      const { pool, released } = openPool([fails(code), fails(code)]);
      expect(await connectionsOf(pool).read(select)).toEqual(rows);
      expect(released).toHaveLength(3);
      expect(released.at(-1)).toBe(false);
    },
  );

  test.each(['Connection terminated unexpectedly', 'Client has encountered a connection error and is not queryable'])(
    'that fails as "%s" is tried again, on another connection',
    async (message) => {
      const { pool, released } = openPool([fails('', message)]);
      expect(await connectionsOf(pool).read(select)).toEqual(rows);
      expect(released).toEqual([true, false]);
    },
  );

  test.each([
    ['42601', 'STORAGE_FAILED'],
    ['42501', 'STORAGE_FAILED'],
    ['53100', 'STORAGE_FULL'],
    ['57014', 'STORE_TIMEOUT'],
    ['26000', 'STORAGE_FAILED'],
    ['25006', 'STORAGE_FAILED'],
  ])('that fails with %s is not, and the connection is kept where it can be', async (code, expected) => {
    const { pool, released } = openPool([fails(code)]);
    const failure = await failureOf(connectionsOf(pool).change(select, () => []));
    expect(failure.mayBeDone).toBe(false);
    expect(asDatabaseError(failure).code).toBe(expected);
    expect(released).toEqual([code === '25006']); // of a standby, another connection may lead elsewhere
  });

  test('is told when an attempt before it may have been done', async () => {
    const { pool } = openPool([fails('40001'), fails('', 'Connection terminated unexpectedly')]);
    const told: boolean[] = [];
    const change = await connectionsOf(pool).change(select, (isRepeated) => {
      told.push(isRepeated);
      return [];
    });
    expect(told).toEqual([false, false, true]);
    expect(change.wasRepeated).toBe(true);
  });

  test('that is not answered ends in time, and its connection is not used again', async () => {
    const { pool, released } = openPool([hangs]);
    const failure = await failureOf(connectionsOf(pool, 20).change(select, () => []));
    expect(failure.mayBeDone).toBe(true);
    expect(asDatabaseError(failure)).toMatchObject({
      code: 'STORE_TIMEOUT',
      message: expect.stringContaining('20 ms'),
    });
    expect(released).toEqual([true]);
  });

  test.each([
    [1.9 * lockTimeout, 1],
    [2.9 * lockTimeout, 2],
    [checkedOptions({ pool: { query: hangs } }).timeout, 2],
  ])('that waits for a lock is sent in %i ms as often as that can be answered: %i times', async (timeout, times) => {
    let waited = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => waited);
    onTestFinished(() => clock.mockRestore());
    const waits: Answer = () => {
      waited += lockTimeout;
      return fails('55P03')();
    };
    const { pool, asked } = openPool(Array.from({ length: 5 }, () => waits));
    const failure = await failureOf(connectionsOf(pool, timeout).change(select, () => []));
    expect(failure.mayBeDone).toBe(false);
    expect(asked).toHaveLength(times);
    expect(waited).toBeLessThan(timeout);
  });

  test('that fails all the time ends in time, too', async () => {
    const { pool } = openPool(Array.from({ length: 100 }, () => fails('ECONNREFUSED')));
    const failure = await failureOf(connectionsOf(pool, 100).change(select, () => []));
    expect(failure.mayBeDone).toBe(true);
    expect(asDatabaseError(failure).code).toBe('STORAGE_FAILED');
  });

  test('for which no connection becomes free was never sent, and a connection that comes too late goes back', async () => {
    let connect = () => {};
    const { pool, released, asked } = openPool([], {
      connects: () =>
        new Promise((resolve) => {
          connect = resolve;
        }),
    });
    const failure = await failureOf(connectionsOf(pool, 20).change(select, () => []));
    expect(failure.mayBeDone).toBe(false);
    expect(asDatabaseError(failure).message).toContain('No connection of the pool');
    connect();
    await new Promise((resolve) => setImmediate(resolve));
    expect(released).toEqual([false]);
    expect(asked).toEqual([]);
  });

  test('is prepared by a name of its own, or not at all', async () => {
    const { pool, asked } = openPool([]);
    await connectionsOf(pool).read(select, [7]);
    await connectionsOf(pool, 5_000, false).read(select, [7]);
    expect(asked).toEqual([
      [{ name: expect.stringMatching(/^pixstore_[0-9a-f]{16}$/), text: 'SELECT 1', values: [7] }],
      ['SELECT 1', [7]],
    ]);
    expect(select.name).not.toBe(statement('SELECT 2').name);
  });
});

test('a connection that breaks while it is idle does not end the process', () => {
  const { pool, emitter } = openPool([]);
  const connections = connectionsOf(pool);
  emitter.emit('error', new Error('Connection terminated unexpectedly'));
  connections.close();
  expect(emitter.listenerCount('error')).toBe(0);
});

test('stores that share a pool listen to it once, until the last of them is closed', () => {
  const { pool, emitter } = openPool([]);
  const [first = expect.unreachable(), ...others] = Array.from({ length: 20 }, () => connectionsOf(pool));
  expect(emitter.listenerCount('error')).toBe(1);
  for (const other of others) other.close();
  others[0]?.close(); // twice
  expect(['error', 'acquire', 'release'].map((event) => emitter.listenerCount(event))).toEqual([1, 1, 1]);
  first.close();
  connectionsOf(pool).close();
  expect(['error', 'acquire', 'release'].map((event) => emitter.listenerCount(event))).toEqual([0, 0, 0]);
});
