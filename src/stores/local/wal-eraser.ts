import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

const delay = 500; // ms after the first change of its kind that is still in the log

// Tries that give up at once when somebody else is at the database: for a minute. The one after them waits its turn.
const politeTries = 120;
export const logPatience = 1_000; // ms

/**
 * Brings the write-ahead log into the database and cuts it to nothing: the file alone is then all there is.
 *
 * @param wait - ms that others who are at the database may take to leave it; meanwhile nobody can write
 * @returns false when it could not be done: the images are in order without it
 */
export function emptyLog(database: SqlDatabase, wait: number, busyTimeout: number): boolean {
  try {
    try {
      database.exec(`PRAGMA busy_timeout = ${Math.min(wait, busyTimeout)}`);
      return Number(database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy) === 0;
    } finally {
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    }
  } catch {
    return false;
  }
}

/**
 * `secure_delete` overwrites a key that is removed or replaced in the database, but pages from before stay in
 * the write-ahead log until it is used again. So, soon after, the log is emptied, however many changes follow.
 */
export function createWalEraser(database: SqlDatabase, schedule: typeof setTimeout = setTimeout) {
  const busyTimeout = Number(database.prepare('PRAGMA busy_timeout').get()?.timeout);
  let timer: NodeJS.Timeout | undefined;
  let tries = 0;

  function start(): void {
    timer = schedule(erase, delay);
    timer.unref();
  }

  function erase(): void {
    timer = undefined;
    tries += 1;
    const isErased = emptyLog(database, tries > politeTries ? logPatience : 0, busyTimeout);
    if (isErased || tries > politeTries) tries = 0;
    if (!isErased) start();
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

const destroying: readonly Command['kind'][] = [
  'remove',
  'reseal',
  'put-key-ring',
  'destroy-folder-keys',
  'erase-keys',
  'remove-erased',
];

function destroysKeys(command: Command): boolean {
  return command.kind === 'replace' ? command.expectedToken !== null : destroying.includes(command.kind);
}
