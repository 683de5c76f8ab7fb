/** A row as the driver gives it, by column. */
export type SqlRow = Record<string, unknown>;

/** What pixstore needs of a connection: those of `pg` have it. */
export interface PostgresConnection {
  query(text: string, values: unknown[]): PromiseLike<{ rows: SqlRow[] }>;
}

/** A connection that was taken from a pool, and goes back to it. */
export interface PostgresClient extends PostgresConnection {
  /** @param destroy - it must not be used any more */
  release(destroy?: boolean): void;
}

/**
 * The application's pool of connections: a `Pool` of `pg`, or anything with its `query`. With `connect`, pixstore takes
 * connections itself, so that it knows of a time-out whether anything was sent, and statements can be prepared.
 */
export interface PostgresPool extends PostgresConnection {
  connect?(): PromiseLike<PostgresClient>;
}

/** What a pool and its connections have besides when they are those of `pg`. */
interface Emitter {
  on?(event: string, listener: (...args: never[]) => void): unknown;
  off?(event: string, listener: (...args: never[]) => void): unknown;
}

/**
 * A connection of `pg` that breaks while nobody asks anything tells an `error`, and where nobody listens the process ends.
 * For pixstore that is nothing: the next statement takes another connection.
 *
 * @returns ends it
 */
export function survive(emitter: object): () => void {
  const ignore = (): void => {};
  const { on, off } = emitter as Emitter;
  on?.call(emitter, 'error', ignore);
  return () => {
    off?.call(emitter, 'error', ignore);
  };
}

/** Stores that share a pool share the listeners too: Node warns of more than ten. */
const survived = new WeakMap<object, { stores: Set<object>; end: () => void }>();

/**
 * The same for a pool, and for its connections from the very moment each is lent: what `connect()` promised comes a little
 * later, and a server that ends its connections may have told so between the two.
 *
 * @returns ends it, for this store
 */
export function survivePool(pool: object): () => void {
  const survival = survived.get(pool) ?? { stores: new Set(), end: listenTo(pool) };
  survived.set(pool, survival);
  const store = {};
  survival.stores.add(store);
  return () => {
    if (!survival.stores.delete(store) || survival.stores.size > 0) return;
    survived.delete(pool);
    survival.end();
  };
}

function listenTo(pool: object): () => void {
  const { on, off } = pool as Emitter;
  const endSurvival = survive(pool);
  const lent = new WeakMap<object, () => void>();
  const onBack = (_: unknown, connection: object): void => lent.get(connection)?.();
  const onLent = (connection: object): void => {
    onBack(undefined, connection); // of a driver that does not tell what comes back
    lent.set(connection, survive(connection));
  };
  on?.call(pool, 'acquire', onLent);
  on?.call(pool, 'release', onBack);
  return () => {
    endSurvival();
    off?.call(pool, 'acquire', onLent);
    off?.call(pool, 'release', onBack);
  };
}
