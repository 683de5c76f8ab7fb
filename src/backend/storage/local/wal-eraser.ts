import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

const delay = 500; // ms after the first change of its kind that is still in the log

// Tries that give up at once when somebody else is at the database: for a minute. The one after them waits its turn.
const politeTries = 120;
const patience = 1_000; // ms

/**
 * `secure_delete` overwrites a key that is removed or replaced in the database, but pages from before stay in
 * the write-ahead log until it is used again. So, soon after, the log is brought into the database and cut to nothing,
 * however many changes follow.
 */
export function createWalEraser(database: SqlDatabase, schedule: typeof setTimeout = setTimeout) {
  const busyTimeout = Number(database.prepare('PRAGMA busy_timeout').get()?.timeout);
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  let timer: NodeJS.Timeout | undefined;
  let tries = 0;

  function start(): void {
    timer = schedule(erase, delay);
    timer.unref();
  }

  function erase(): void {
    timer = undefined;
    tries += 1;
    const isErased = erased(tries > politeTries ? Math.min(patience, busyTimeout) : 0);
    if (isErased || tries > politeTries) tries = 0;
    if (!isErased) start();
  }

  function erased(wait: number): boolean {
    try {
      // While somebody reads what was there before, this gives up: waiting keeps others from writing.
      database.exec(`PRAGMA busy_timeout = ${wait}`);
      return Number(checkpoint.get()?.busy) === 0;
    } catch {
      return false; // the images are in order without it
    } finally {
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    }
  }

  return {
    note(commands: readonly Command[]): void {
      if (!timer && commands.some(destroysKeys)) start();
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}

function destroysKeys(command: Command): boolean {
  if (command.kind === 'replace') return command.expectedToken !== null;
  return command.kind === 'remove' || command.kind === 'reseal';
}
