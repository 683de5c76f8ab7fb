import { findDriver, type OpenDatabase, type SqlDatabase } from '../../../src/stores/local/driver.js';
import type { Faults } from './faults.js';
import { intercept } from './intercept.js';

/** The real SQLite, whose every call but `close` `faults` may make fail. */
export function faultyDriver(faults: Faults): OpenDatabase {
  const open = findDriver();

  function wrap(database: SqlDatabase): SqlDatabase {
    const rollBack = () => {
      try {
        database.exec('ROLLBACK');
      } catch {
        // No transaction was open.
      }
    };
    const through = (work: () => unknown) => faults.through('database', work, rollBack);
    return intercept(database, (name, work, [sql]) => {
      if (name === 'close') return work();
      const result = through(work);
      if (name !== 'prepare') return result;
      return intercept(result as object, (_, run) => {
        if (sql !== 'ROLLBACK') return through(run);
        // Whatever it reports, SQLite does not go on with a transaction that it was told to end.
        run();
        return through(() => {});
      });
    });
  }

  return (path) => {
    faults.through('database', () => {});
    return wrap(open(path));
  };
}
