import type { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type Change, type Connections, type Statement, StatementFailed, statement } from './connections.js';
import { asDatabaseError, type Failure, isOtherSchema } from './database-error.js';
import type { SqlRow } from './pool.js';
import { openSchema, versionIn } from './schema.js';
import type { Names } from './tables.js';

/** The tables of one schema, opened by whoever asks first; a failure is not remembered. */
export type Database = ReturnType<typeof createDatabase>;

/** A change that failed, and whether it may have been made all the same. */
export class ChangeFailed extends Error {
  constructor(
    readonly error: PixstoreError,
    readonly isUncertain: boolean,
  ) {
    super(error.message, { cause: error });
  }
}

export function createDatabase(connections: Connections, names: Names) {
  let opening: Promise<void> | undefined;

  function open(): Promise<void> {
    opening ??= openSchema(connections, names).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  /** Does what is asked of an open schema. @throws ChangeFailed */
  async function onSchema<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      await open();
      return await work();
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw new ChangeFailed(error as PixstoreError, false);
      throw new ChangeFailed(await explain(error.failure), error.failure.mayBeDone);
    }
  }

  /** Of a schema that is not as it was, a newer pixstore may be the reason. */
  async function explain(failure: Failure): Promise<PixstoreError> {
    if (isOtherSchema(failure.cause)) {
      opening = undefined;
      try {
        await versionIn(connections, names);
      } catch (error) {
        if (!(error instanceof StatementFailed)) return error as PixstoreError;
      }
    }
    return asDatabaseError(failure);
  }

  /** @throws PixstoreError */
  async function unwrapped<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof ChangeFailed ? error.error : error;
    }
  }

  const change = (asked: Statement, valuesFor: (isRepeated: boolean) => unknown[]): Promise<Change> =>
    onSchema(() => connections.change(asked, valuesFor));

  return {
    /** @throws ChangeFailed */
    change,

    /** A change that may as well be made twice. @throws PixstoreError */
    make: async (asked: Statement, values: unknown[] = []): Promise<SqlRow[]> =>
      (await unwrapped(change(asked, () => values))).rows,

    /** @throws PixstoreError */
    read: (asked: Statement, values: unknown[] = []): Promise<SqlRow[]> =>
      unwrapped(onSchema(() => connections.read(asked, values))),

    unwrapped,
    close: connections.close,
  };
}

/** A call of a function, by its name and the types of what it is given. */
export function callOf({ schema }: Names, name: string, types: readonly string[]): Statement {
  const given = types.map((type, index) => `$${index + 1}::${type}`).join(', ');
  return statement(`SELECT * FROM ${schema}.${name}(${given})`);
}
