import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findDriver } from '../../../src/stores/local/driver.js';
import { type LocalStoreOptions, openLocalStore } from '../../../src/stores/local/local-store.js';
import type { ImageStore } from '../../../src/stores/port.js';
import { assertStored, readPart, versionOf } from '../../../src/testing/versions.js';
import { quickFolder } from './quick-folder.js';

export const day = 86_400_000; // ms

export const large = (id: string, token = 1_000) => versionOf(id, token, 3_000);

export async function save(store: ImageStore, ...ids: string[]): Promise<void> {
  for (const id of ids) expect(await store.put(large(id), null)).toBe(true);
}

export async function expectWhole(store: ImageStore, ...ids: string[]): Promise<void> {
  for (const id of ids) assertStored(await readPart(store, id), large(id));
}

/** A folder with a clock of its own, in which a database is opened, copied and changed behind the store's back. */
export async function copyingPlace(folder?: string) {
  const at = folder ?? (await quickFolder());
  const images = join(at, 'images');
  const clock = { now: 1_000_000 };
  const warnings: string[] = [];
  const note = (message: string) => void warnings.push(message);
  const path = (name: string) => join(at, name);
  const open = (name = 'db.sqlite', imageRootDir = images, options: Partial<LocalStoreOptions> = {}) =>
    openLocalStore({
      databasePath: path(name),
      imageRootDir,
      inlineUpTo: 1_000,
      writer: 'inline',
      now: () => clock.now,
      logger: { info() {}, warn: note, error: note },
      ...options,
    });
  const onDatabase = (name: string, sql: string, ...values: (string | number | Uint8Array)[]) => {
    const database = findDriver()(path(name));
    database.prepare(sql).run(...values);
    database.close();
  };
  /** As SQLite copies a database that is in use. */
  const copyDatabase = (to: string, from = 'db.sqlite') => onDatabase(from, 'VACUUM INTO ?', path(to));
  /** Into the same file, as `cp` does it. Nobody may have it open. */
  const putBack = (from: string, to = 'db.sqlite') => copyFileSync(path(from), path(to));
  /** Sweeps as the nights go by. */
  async function sweepForDays(store: ImageStore) {
    for (let night = 0; night < 3; night += 1) {
      clock.now += day;
      await store.sweep();
    }
  }
  return { folder: at, images, clock, warnings, path, open, onDatabase, copyDatabase, putBack, sweepForDays };
}
