import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { decodePayload, PixstoreError } from '../../../src/shared/index.js';
import { folderOf } from '../../../src/shared/protocol/image-id.js';
import { findDriver, type SqlRow, type SqlValue } from '../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../src/stores/local/local-store.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { quietLogger } from '../../support/backend.js';
import { copyWithLog, temporaryFolder } from '../../support/folders.js';
import { openPayload } from '../../support/payload.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';

export type Scene = Awaited<ReturnType<typeof crimeScene>>;

/** A store whose database somebody else may copy and write, with a clock of its own. */
export async function crimeScene() {
  const folder = await temporaryFolder();
  const clock = { now: 1_700_000_000_000 };
  const at = (name: string) => join(folder, name);
  /** What was saved last under each id. */
  const pictures = new Map<string, Buffer>();

  function open(masterKey: BackendConfig['masterKey'], config: BackendConfig = {}): PixstoreBackend {
    const now = () => clock.now;
    const backend = createPixstoreBackend({
      store: openLocalStore({
        databasePath: at('db.sqlite'),
        imageRootDir: at('images'),
        inlineUpTo: 1_000,
        writer: 'inline',
        logger: quietLogger(),
        now,
      }),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
      now,
      memoryCacheBytes: 0,
      ...(masterKey === undefined ? {} : { masterKey }),
      ...config,
    });
    onTestFinished(() => backend.close());
    return backend;
  }

  return {
    folder,
    images: at('images'),
    database: at('db.sqlite'),
    clock,
    pictures,
    open,

    /** Saves or updates, in a row or in a file. */
    async save(backend: PixstoreBackend, id: string, kind: 'row' | 'file' = 'row'): Promise<ImageRecord> {
      const picture = withMorePixels(smallPicture(), Buffer.alloc(kind === 'row' ? 0 : 2_000));
      const dir = folderOf(id);
      const where = { id: dir ? id.slice(dir.length + 1) : id, ...(dir && { dir }) };
      const exists = backend.imageExists(id);
      const record = exists ? await backend.updateImage(id, picture) : await backend.saveImage(picture, where);
      pictures.set(id, picture);
      return record as ImageRecord;
    },

    /** A copy of the database as of now, with what is in its log. */
    stealDatabase: (name: string): string => copyWithLog(at('db.sqlite'), at(name)),

    stealImages(name: string): string {
      cpSync(at('images'), at(name), { recursive: true });
      return at(name);
    },

    rows: (sql: string, name = 'db.sqlite') => onDatabase(at(name), (database) => database.prepare(sql).all()),

    /** Writes to the database as whoever has the file can. */
    write(sql: string, ...values: SqlValue[]): void {
      onDatabase(at('db.sqlite'), (database) => database.prepare(sql).run(...values));
    },

    /** Puts rows of a table in place of those with the same key. */
    putBack(table: string, rows: readonly SqlRow[]): void {
      onDatabase(at('db.sqlite'), (database) => {
        for (const row of rows) {
          const columns = Object.keys(row);
          const insert = `INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`;
          database.prepare(insert).run(...Object.values(row));
        }
      });
    },
  };
}

function onDatabase<Result>(path: string, work: (database: ReturnType<ReturnType<typeof findDriver>>) => Result) {
  const database = findDriver()(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/**
 * What whoever may see an image gets, by a record of now or, where none is given out, an answer to one of before.
 *
 * @returns the picture; null when there is none; the code when it fails
 */
export async function look(
  backend: PixstoreBackend,
  id: string,
  before?: ImageRecord,
): Promise<Buffer | string | null> {
  try {
    const record = backend.getImageRecord(id) ?? before;
    if (!record) return null;
    const payload = (await backend.customEndpointHelper(id, undefined, record.statelessProof)) as Uint8Array;
    return decodePayload(payload).state === 1 ? openPayload(payload, record) : null;
  } catch (error) {
    if (error instanceof PixstoreError) return error.code;
    throw error;
  }
}

/** Tries to save under each id. @returns the ids that were saved */
export async function trySaving(scene: Scene, backend: PixstoreBackend, ids: readonly string[]): Promise<string[]> {
  const saved: string[] = [];
  for (const id of ids) {
    try {
      await scene.save(backend, id);
      saved.push(id);
    } catch (error) {
      if (!(error instanceof PixstoreError)) throw error;
    }
  }
  return saved;
}

/**
 * Each image shows itself, or an error; which, may depend.
 *
 * @param mayBeGone - or there is none
 */
export async function expectNoOther(
  scene: Scene,
  backend: PixstoreBackend,
  ids: readonly string[],
  mayBeGone: boolean,
): Promise<void> {
  for (const id of ids) {
    const found = await look(backend, id);
    if (found instanceof Buffer) expect(found.equals(scene.pictures.get(id) as Buffer), id).toBe(true);
    else if (!mayBeGone) expect(typeof found, id).toBe('string');
  }
}

/** The state of the answer to a proof. */
export async function stateFor(backend: PixstoreBackend, id: string, proof: string): Promise<number> {
  return decodePayload((await backend.customEndpointHelper(id, undefined, proof)) as Uint8Array).state;
}

export async function rotate(backend: PixstoreBackend, compromised = false): Promise<void> {
  for await (const _ of backend.rotateMasterKey({ compromised }));
}
