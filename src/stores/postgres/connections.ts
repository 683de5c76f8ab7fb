import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { breaksConnection, type Failure, isLockTimeout, isPassing, isRefusal, NotInTime } from './database-error.js';
import { lockTimeout } from './locks.js';
import {
  type PostgresClient,
  type PostgresConnection,
  type PostgresPool,
  type SqlRow,
  survive,
  survivePool,
} from './pool.js';

export interface ConnectionsOptions {
  pool: PostgresPool;
  /** Are statements prepared, once for each connection? */
  prepare: boolean;
  /** How long a statement may take with all its attempts, in ms. */
  timeout: number;
}

/** Something to be asked, always in the same words. */
export interface Statement {
  text: string;
  /** What connections know it by when it was prepared. */
  name: string;
}

export function statement(text: string): Statement {
  return { text, name: `pixstore_${createHash('sha256').update(text).digest('hex').slice(0, 16)}` };
}

/** A change that was made. */
export interface Change {
  rows: SqlRow[];
  /** An attempt before the last may have been done, too. */
  wasRepeated: boolean;
}

/** A statement that failed: once, or with all its attempts. */
export class StatementFailed extends Error {
  constructor(readonly failure: Failure) {
    super('A statement failed.', { cause: failure.cause });
  }
}

// Pauses before further attempts, in ms: a server that starts again is back in a second or two.
const firstPause = 10;
const longestPause = 500;

export type Connections = ReturnType<typeof createConnections>;

/**
 * Asks PostgreSQL over the application's pool. What fails for a passing reason is tried again until the time is over:
 * connections that were cut, transactions that got into each other's way.
 */
export function createConnections({ pool, prepare, timeout }: ConnectionsOptions) {
  const endSurvival = survivePool(pool);

  /** @throws StatementFailed */
  async function attempt(asked: Statement, values: unknown[], giveUp: number): Promise<SqlRow[]> {
    if (!pool.connect) return answerOf(pool.query(asked.text, values), giveUp);
    const client = await lend(pool.connect(), giveUp);
    const endSurvival = survive(client); // also where the pool does not tell what it lends
    let isBroken = true;
    try {
      const rows = await answerOf(ask(client, asked, values), giveUp);
      isBroken = false;
      return rows;
    } catch (error) {
      const { cause } = error as StatementFailed;
      isBroken = !isRefusal(cause) || breaksConnection(cause);
      throw error;
    } finally {
      endSurvival();
      client.release(isBroken);
    }
  }

  function ask(client: PostgresConnection, { name, text }: Statement, values: unknown[]) {
    if (!prepare) return client.query(text, values);
    const prepared = { name, text, values } as unknown as string; // as `pg` takes it
    return (client.query as (config: string) => ReturnType<PostgresConnection['query']>)(prepared);
  }

  /** A connection; one that comes too late goes back unused. */
  async function lend(connecting: PromiseLike<PostgresClient>, giveUp: number): Promise<PostgresClient> {
    const release = (client: PostgresClient) => client.release();
    try {
      return await inTime(connecting, giveUp, new NotInTime('connection', timeout), release);
    } catch (cause) {
      throw new StatementFailed({ cause, mayBeDone: false });
    }
  }

  async function answerOf(answer: PromiseLike<{ rows: SqlRow[] }>, giveUp: number): Promise<SqlRow[]> {
    try {
      return (await inTime(answer, giveUp, new NotInTime('answer', timeout))).rows;
    } catch (cause) {
      throw new StatementFailed({ cause, mayBeDone: !isRefusal(cause) });
    }
  }

  /** @param valuesFor - is told whether an attempt before may have been done */
  async function change(asked: Statement, valuesFor: (isRepeated: boolean) => unknown[]): Promise<Change> {
    const giveUp = performance.now() + timeout;
    let wasRepeated = false;
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return { rows: await attempt(asked, valuesFor(wasRepeated), giveUp), wasRepeated };
      } catch (error) {
        const { cause, mayBeDone } = (error as StatementFailed).failure;
        wasRepeated ||= mayBeDone;
        const wait = pause * (0.5 + Math.random() / 2);
        // Of one that is given up while it waits for a lock again, nobody could say any more that it was not done.
        const needed = wait + (isLockTimeout(cause) ? lockTimeout : 0);
        if (!isPassing(cause) || performance.now() + needed >= giveUp) {
          throw new StatementFailed({ cause, mayBeDone: wasRepeated });
        }
        await sleep(wait);
      }
    }
  }

  return {
    /** @throws StatementFailed */
    change,

    /** @throws StatementFailed: whatever became of it, nothing was changed */
    async read(asked: Statement, values: unknown[] = []): Promise<SqlRow[]> {
      try {
        return (await change(asked, () => values)).rows;
      } catch (error) {
        throw new StatementFailed({ cause: (error as StatementFailed).failure.cause, mayBeDone: false });
      }
    },

    close: endSurvival,
  };
}

/** @param leftOver - gets what comes after the time */
async function inTime<Value>(
  promise: PromiseLike<Value>,
  giveUp: number,
  late: Error,
  leftOver: (value: Value) => void = () => {},
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late), Math.max(0, giveUp - performance.now()));
  });
  let isLate = false;
  promise.then(
    (value) => isLate && leftOver(value),
    () => {},
  );
  try {
    return await Promise.race([promise, tooLate]);
  } catch (error) {
    isLate = error === late;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
