import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

const delay = 500; // ms without a removal

/**
 * `secure_delete` overwrites a removed key in the database, but pages from before the removal stay in the write-ahead
 * log until it is used again. So, soon after a removal, the log is brought into the database and cut to nothing.
 */
export function createWalEraser(database: SqlDatabase, schedule: typeof setTimeout = setTimeout) {
  let timer: NodeJS.Timeout | undefined;

  function erase(): void {
    try {
      // Gives up at once while somebody reads; the next removal, or closing the database, tries again.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The images are in order without it.
    }
  }

  return {
    note(commands: readonly Command[]): void {
      if (!commands.some(({ kind }) => kind === 'remove')) return;
      clearTimeout(timer);
      timer = schedule(erase, delay);
      timer.unref();
    },
    stop: (): void => clearTimeout(timer),
  };
}
