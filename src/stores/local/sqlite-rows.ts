import { dirname, resolve } from 'node:path';
import { guardLogger } from '../../shared/callbacks.js';
import type { Logger } from '../../shared/errors/gate.js';
import {
  assertOption,
  isLogger,
  isOneOf,
  isText,
  isWholeNumber,
  type OptionRule,
  readOptions,
} from '../../shared/options.js';
import type { KeepOutcome, RowStore } from '../split/row-store.js';
import { prepareBlobReads } from './blob-reads.js';
import { findDriver } from './driver.js';
import { makeFolder } from './folders.js';
import { createLocalRows } from './local-rows.js';
import { openWriter } from './open-writer.js';
import { requirePath } from './paths.js';
import { prepareReads } from './reads.js';
import { openDatabase, prepareOn } from './schema.js';
import { asStorageError } from './storage-error.js';
import { emptyLog, logPatience } from './wal-eraser.js';
import type { Writer } from './writer.js';

export interface SqliteRowsOptions {
  /** An SQLite database of its own, on a disk of this machine; it is made when there is none. */
  databasePath: string;
  /** Ciphertexts up to so many bytes live in the database. Default: 64 KiB. */
  inlineUpTo?: number | undefined;
  /** How long another process may hold the database before a call fails, in ms. Default: 5,000. */
  busyTimeout?: number | undefined;
  /** `inline` writes on the calling thread instead of one of its own. Default: `thread`. */
  writer?: Writer['kind'] | undefined;
  /** Default: `console`. */
  logger?: Logger | undefined;
}

const rules: Record<keyof SqliteRowsOptions, OptionRule> = {
  databasePath: [isText],
  inlineUpTo: [isWholeNumber(0), 64 * 1024],
  busyTimeout: [isWholeNumber(0), 5_000],
  writer: [isOneOf(['thread', 'inline']), 'thread'],
  logger: [isLogger, console],
};

/**
 * Rows in SQLite, for `splitStore`: one machine, whose large ciphertexts lie elsewhere, as in a bucket. With ciphertexts in
 * a folder of the same machine, the local store does it all.
 *
 * @throws PixstoreError `CONFIG_INVALID`, `SQLITE_MISSING`, `DATABASE_INVALID`, `DATABASE_FOREIGN`, `DATABASE_TOO_NEW`,
 * `STORAGE_FULL` or `STORAGE_FAILED`
 * @example
 * const store = splitStore(sqliteRows({ databasePath: 'pixstore.sqlite' }), s3Blobs({ client, bucket }));
 */
export function sqliteRows(options: SqliteRowsOptions): RowStore {
  type Given = { [Option in keyof SqliteRowsOptions]-?: NonNullable<SqliteRowsOptions[Option]> };
  const { inlineUpTo, busyTimeout, writer: kind, ...given } = readOptions<Given>(options, rules, 'sqliteRows');
  assertOption('databasePath', isText(given.databasePath));
  requirePath('databasePath', given.databasePath);
  const databasePath = resolve(given.databasePath); // as it is now: the program may change its working directory
  const logger = guardLogger(given.logger, console);
  const driver = findDriver();
  makeFolder(dirname(databasePath));
  const database = openDatabase(driver, databasePath, busyTimeout);
  const reads = prepareOn(database, prepareReads);
  const blobReads = prepareOn(database, prepareBlobReads);
  // Keys that were removed before a crash are in no log any more.
  prepareOn(database, () => emptyLog(database, logPatience, busyTimeout));
  const settings = { databasePath, busyTimeout };
  const writer = prepareOn(database, () => openWriter({ settings, kind, driver, logger }));
  const { rows } = createLocalRows({ database, reads, blobReads, writer, inlineUpTo });
  return {
    ...rows,
    put: async (version, expectedToken) => withStorageError(await rows.put(version, expectedToken)),
    addParts: async (version) => withStorageError(await rows.addParts(version)),
  };
}

/** A full disk is told from one that fails. */
function withStorageError(outcome: KeepOutcome): KeepOutcome {
  return outcome.kind === 'failed' ? { ...outcome, error: asStorageError(outcome.error, 'save an image') } : outcome;
}
