import type { CacheDatabase } from './database.js';
import type { LogoutRow } from './schema.js';
import type { Store } from './transaction.js';

/**
 * The last logout, as this tab knows it and as the database has it. A tab may miss what another one says: where the
 * database is ahead, what this tab is about to write is from before a logout.
 */
export type Logouts = ReturnType<typeof createLogouts>;

export interface LogoutsParts {
  database: CacheDatabase;
  /** Another tab logged out, and this one was not told. */
  onMissed: () => void;
  /** The clock, in milliseconds. */
  now: () => number;
}

export function createLogouts({ database, onMissed, now }: LogoutsParts) {
  // Undefined until the database was seen for the first time.
  let known: number | undefined;

  /** Asks for the number that the database has, in the transaction. */
  function ask(rows: Store<LogoutRow>, answer: (there: number) => void): IDBRequest {
    const request = rows.getAll();
    request.onsuccess = () => answer(request.result[0]?.id ?? 0);
    return request;
  }

  /** Takes note of what the database has, and says how far this tab was ahead of it; less than 0 when it was behind. */
  function compare(there: number): number {
    known ??= there;
    const lead = known - there;
    if (lead < 0) {
      known = there;
      onMissed();
    }
    return lead;
  }

  /** In the place of whatever is there. */
  function put(rows: Store<LogoutRow>, number: number): void {
    rows.clear();
    rows.put({ id: number, isLatest: 1 });
  }

  return {
    /** Asks the database; resolves with false when it does not answer. */
    async look(): Promise<boolean> {
      const answer = await database.use('readonly', ['logouts'], ({ logouts }) => ask(logouts, compare));
      return answer !== undefined;
    },

    /** Goes on, in the transaction, unless what it does belongs to the time before a logout. */
    ifCurrent(rows: Store<LogoutRow>, goOn: () => void): void {
      ask(rows, (there) => {
        const lead = compare(there);
        // The database was deleted and made anew since.
        if (lead > 0) put(rows, there + lead);
        if (lead >= 0) goOn();
      });
    },

    /**
     * The same for a page that may be gone before it hears an answer: where another logout is the latest, this breaks the
     * whole transaction with a `ConstraintError`. Says whether it could: not before the database was seen.
     */
    insist(rows: Store<LogoutRow>): boolean {
      if (known !== undefined) rows.put({ id: known, isLatest: 1 });
      return known !== undefined;
    },

    /** Begins a logout of this tab: its number is higher than all before. */
    begin(): number {
      known = Math.max((known ?? 0) + 1, Math.floor(now()));
      return known;
    },

    /** Takes note of a logout of another tab. */
    learn(number: number): void {
      known = Math.max(known ?? 0, number);
    },

    put,

    /** Calls `forget` and notes the logout, in the transaction, unless it came to the database before. */
    complete(rows: Store<LogoutRow>, number: number, forget: () => void): void {
      ask(rows, (there) => {
        if (there >= number) return;
        forget();
        put(rows, number);
      });
    },
  };
}
