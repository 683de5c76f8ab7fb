import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

const delay = 500; // ms after the last change of its kind

/**
 * `secure_delete` overwrites the key of a removed or replaced version in the database, but pages from before stay in
 * the write-ahead log until it is used again. So, soon after, the log is brought into the database and cut to nothing.
 */
export function createWalEraser(database: SqlDatabase, schedule: typeof setTimeout = setTimeout) {
  let timer: NodeJS.Timeout | undefined;

  function erase(): void {
    try {
      // Gives up at once while somebody reads; the next change, or closing the database, tries again.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The images are in order without it.
    }
  }

  return {
    note(commands: readonly Command[]): void {
      if (!commands.some(destroysKeys)) return;
      clearTimeout(timer);
      timer = schedule(erase, delay);
      timer.unref();
    },
    stop: (): void => clearTimeout(timer),
  };
}

function destroysKeys(command: Command): boolean {
  return command.kind === 'remove' || (command.kind === 'replace' && command.expectedToken !== null);
}
