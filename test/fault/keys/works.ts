import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { folderOf } from '../../../src/shared/protocol/image-id.js';
import { findDriver, type SqlDatabase, type SqlRow, type SqlValue } from '../../../src/stores/local/driver.js';
import { type LocalStoreOptions, openLocalStore } from '../../../src/stores/local/local-store.js';
import { quietLogger } from '../../support/backend.js';
import { newKey, oldKey } from '../../support/keys.js';
import { hashOf, makePicture, openPayload } from '../kill/picture.mjs';
import { quickFolder } from '../support/quick-folder.js';

/** What is done with keys, and what may be gone when it is done. */
export interface Work {
  name: 'routine' | 'compromised' | 'erasing';
  title: string;
  /** The first for what is new. */
  masterKeys: string[];
  /** What opens the store when it is done. */
  keyAfter: string;
  /** The folder of which nothing is there any more. */
  erased: string | null;
  make(backend: PixstoreBackend): Promise<void>;
}

const rotation = (compromised: boolean): Work => ({
  name: compromised ? 'compromised' : 'routine',
  title: compromised ? 'an exchange after a leak' : 'a routine exchange',
  masterKeys: [newKey, oldKey],
  keyAfter: newKey,
  erased: null,
  async make(backend) {
    for await (const { damaged } of backend.rotateMasterKey({ compromised })) expect(damaged).toBe(0);
  },
});

export const routine: Work = rotation(false);
export const compromised: Work = rotation(true);
export const erasing: Work = {
  name: 'erasing',
  title: 'the erasing of a folder',
  masterKeys: [oldKey],
  keyAfter: oldKey,
  erased: 'a',
  async make(backend) {
    await backend.deleteImages('a');
  },
};

/** Some lie in rows, some in files, of two folders and of none. */
const lengths: Record<string, number> = {
  'a:row': 300,
  'a:file': 3_000,
  'a:other': 2_000,
  'b:row': 400,
  'b:file': 2_500,
  row: 500,
  file: 4_000,
};
const ids = Object.keys(lengths);
const pictureOf = (id: string) => makePicture(id, lengths[id] as number);
const inlineUpTo = 1_000;

/** A store in a folder of its own, opened as if by a process of its own each time. */
export interface WorkPlace {
  folder: string;
  settings: LocalStoreOptions;
  /** A copy that can be changed without this one. */
  copy(): Promise<WorkPlace>;
  open(masterKeys: string[], options?: Partial<LocalStoreOptions>, config?: BackendConfig): PixstoreBackend;
  rows(sql: string): SqlRow[];
  /** Writes to the database as somebody else may. */
  write(sql: string, ...values: SqlValue[]): void;
}

function placeIn(folder: string): WorkPlace {
  const databasePath = join(folder, 'images.sqlite');
  const settings: LocalStoreOptions = { databasePath, imageRootDir: join(folder, 'images'), inlineUpTo, sweepAge: 0 };
  function onDatabase<Result>(work: (database: SqlDatabase) => Result): Result {
    const database = findDriver()(databasePath);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  return {
    folder,
    settings,
    async copy() {
      const target = await quickFolder();
      cpSync(folder, target, { recursive: true });
      return placeIn(target);
    },
    open(masterKeys, options = {}, config = {}) {
      const store = openLocalStore({ ...settings, writer: 'inline', logger: quietLogger(), ...options });
      return createPixstoreBackend({
        store,
        masterKey: masterKeys,
        defaultEndpointEnabled: false,
        errorHandlingMode: 'throw',
        logger: quietLogger(),
        ...config,
      });
    },
    rows: (sql) => onDatabase((database) => database.prepare(sql).all()),
    write: (sql, ...values) => void onDatabase((database) => database.prepare(sql).run(...values)),
  };
}

/** A place with images that were saved under the old master key. */
export async function filledPlace(): Promise<WorkPlace> {
  const place = placeIn(await quickFolder());
  const backend = place.open([oldKey]);
  for (const id of ids) {
    const dir = folderOf(id);
    await backend.saveImage(pictureOf(id), { id: dir ? id.slice(dir.length + 1) : id, ...(dir && { dir }) });
  }
  await backend.close();
  return place;
}

/** The ids of the images that are given, each whole and the one that was saved. */
export async function expectWhole(backend: PixstoreBackend, among: 'all' | 'some of many' = 'all'): Promise<string[]> {
  const given: string[] = [];
  for (const id of ids) {
    const record = backend.getImageRecord(id);
    expect(backend.imageExists(id)).toBe(record !== null);
    if (!record) continue;
    const payload = await backend.customEndpointHelper(id, undefined, record.statelessProof);
    expect(hashOf(openPayload(payload as Uint8Array).image), id).toBe(hashOf(pictureOf(id)));
    given.push(id);
  }
  if (among === 'some of many') return given;
  const listed: string[] = [];
  for await (const id of backend.store.list()) listed.push(id);
  expect(listed.sort()).toEqual([...given].sort());
  return given;
}

export const idsWithout = (folder: string | null): string[] => ids.filter((id) => folderOf(id) !== folder);

/** All are there; or, of a folder that may be erased by now, none. @returns whether it is erased */
export async function expectAllOrErased(backend: PixstoreBackend, { erased }: Work): Promise<boolean> {
  const given = await expectWhole(backend);
  expect([ids, idsWithout(erased)]).toContainEqual(given);
  return given.length < ids.length;
}

/** The work is done, the store opens with the key of afterwards alone, and nothing is left over. */
export async function expectFinished(place: WorkPlace, { keyAfter, erased }: Work): Promise<void> {
  const backend = place.open([keyAfter]);
  const there = idsWithout(erased);
  expect(await expectWhole(backend)).toEqual(there);
  for (const { kind } of await backend.store.check()) expect(kind).toBe('leftover');
  await backend.store.sweep();
  expect(await backend.store.check()).toEqual([]);
  const bytes = there.reduce((sum, id) => sum + (lengths[id] as number) + 1, 0);
  expect(await backend.store.usage()).toEqual({ images: there.length, bytes });
  for (const dir of ['a', 'b', undefined]) {
    const record = await backend.saveImage(pictureOf('row'), { id: 'next', ...(dir && { dir }) });
    expect(await backend.deleteImage(record?.id as string)).toBe(true);
  }
  await backend.close();
  expect(place.rows('SELECT * FROM erasures')).toEqual([]);
  expect(place.rows('SELECT * FROM given_up_blobs')).toEqual([]);
  expect(place.rows('SELECT id FROM parts ORDER BY rowid').map(({ id }) => id)).toEqual(there);
  expectOneStoreKey(place);
}

/** One key of the store wraps all keys of folders, and one master key all keys of the store. */
function expectOneStoreKey(place: WorkPlace): void {
  const [row] = place.rows('SELECT bytes FROM key_ring');
  const ring = JSON.parse(Buffer.from(row?.bytes as Uint8Array).toString());
  const keys = ring.keys as { purpose: string; id: string; wrapper: string }[];
  expect(new Set(keys.map(({ wrapper }) => wrapper)).size).toBe(1);
  const storeKeys = keys.filter(({ purpose }) => purpose === 'store').map(({ id }) => id);
  expect(storeKeys).toHaveLength(1);
  for (const { wrapped } of place.rows('SELECT wrapped FROM folder_keys WHERE is_destroyed = 0')) {
    expect(Buffer.from(wrapped as Uint8Array).toString('hex', 1, 9)).toBe(storeKeys[0]);
  }
}
