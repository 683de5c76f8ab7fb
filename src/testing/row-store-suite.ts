import type { RowStore } from '../stores/split/row-store.js';
import { testsWith } from './registering.js';
import { ringChecks } from './ring-checks.js';
import { blobRowChecks } from './rows/blob-row-checks.js';
import { erasingChecks } from './rows/erasing-checks.js';
import { folderKeyChecks } from './rows/folder-key-checks.js';
import { identityChecks } from './rows/identity-checks.js';
import { persistenceCheck } from './rows/persistence-check.js';
import { quotaRowChecks } from './rows/quota-row-checks.js';
import { replacingChecks } from './rows/replacing-checks.js';
import { rivalChecks } from './rows/rival-checks.js';
import { sessionChecks } from './rows/session-checks.js';
import { versionChecks } from './rows/version-checks.js';
import { walkChecks } from './rows/walk-checks.js';

/** A store of rows under test, and how to get rid of it. */
export interface OpenedRows {
  rows: RowStore;
  /**
   * Another one over the same rows, as another process has it. Left out where there can be none, as in memory. The suite
   * closes it.
   */
  another?(): Promise<RowStore>;
  /** Opens the same rows again, after `rows.close()`. Needed where `supports.persistence`. */
  reopen?(): Promise<RowStore>;
  destroy(): Promise<void>;
}

export interface RowStoreSuiteOptions {
  /** Registers a test: `test` of Vitest, node:test or others. */
  test(name: string, run: () => Promise<void>): void;
  /** Opens an empty store of rows; every test gets one of its own. */
  open(): Promise<OpenedRows>;
}

/** Registers a test that gets an empty store of rows of its own. */
export type RowCheck = (name: string, run: (rows: RowStore, opened: OpenedRows) => Promise<void>) => void;

/**
 * Checks that a store of rows keeps the contract of `RowStore`. It needs no blobs: rows only name them.
 *
 * @example
 * describe('my rows', () => rowStoreSuite({ test, open: openMyRows }));
 */
export function rowStoreSuite({ test, open }: RowStoreSuiteOptions): void {
  const each = testsWith(test, open, ({ rows }) => rows.close());
  const check: RowCheck = (name, run) => each(name, (opened) => run(opened.rows, opened));

  versionChecks(check);
  replacingChecks(check);
  walkChecks(check);
  blobRowChecks(check);
  sessionChecks(check);
  ringChecks(check);
  folderKeyChecks(check);
  erasingChecks(check);
  identityChecks(check);
  quotaRowChecks(check);
  rivalChecks(check);
  persistenceCheck(test, open);
}
