import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

const delay = 500; // ms after the last change of its kind

/**
 * `secure_delete` overwrites a key that is removed or replaced in the database, but pages from before stay in
 * the write-ahead log until it is used again. So, soon after, the log is brought into the database and cut to nothing.
 */
export function createWalEraser(database: SqlDatabase, schedule: typeof setTimeout = setTimeout) {
  const busyTimeout = Number(database.prepare('PRAGMA busy_timeout').get()?.timeout);
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    clearTimeout(timer);
    timer = schedule(erase, delay);
    timer.unref();
  }

  function erase(): void {
    try {
      // While somebody reads what was there before, this gives up at once: waiting would keep others from writing.
      database.exec('PRAGMA busy_timeout = 0');
      if (Number(checkpoint.get()?.busy) !== 0) start();
    } catch {
      // The images are in order without it; the next change, or closing the database, tries again.
    } finally {
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    }
  }

  return {
    note(commands: readonly Command[]): void {
      if (commands.some(destroysKeys)) start();
    },
    stop: (): void => clearTimeout(timer),
  };
}

function destroysKeys(command: Command): boolean {
  if (command.kind === 'replace') return command.expectedToken !== null;
  return command.kind === 'remove' || command.kind === 'reseal';
}
