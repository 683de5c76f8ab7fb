import type { RowStore } from '../split/row-store.js';
import { statement } from './connections.js';
import { callOf, type Database } from './database.js';
import { outcomeUnknown } from './database-error.js';
import type { Names } from './tables.js';

type KeyChanges = Pick<RowStore, 'putKeyRing' | 'addFolderKey' | 'destroyFolderKeys' | 'eraseKeys' | 'endErasure'>;

/** What changes the key ring and keys of folders. */
export function createKeyChanges(database: Database, names: Names): KeyChanges {
  const calls = {
    putKeyRing: callOf(names, 'put_key_ring_2', ['bytea', 'bigint', 'boolean']),
    addFolderKey: callOf(names, 'add_folder_key_2', ['text', 'bigint', 'bytea', 'bigint', 'boolean']),
    destroy: callOf(names, 'destroy_folder_keys_2', ['text[]', 'bigint[]']),
    latest: statement(`
      SELECT coalesce(max(generation), 0) AS generation FROM ${names.schema}.folder_keys WHERE folder = $1`),
    eraseKeys: callOf(names, 'erase_keys_2', ['text', 'bigint']),
    endErasure: statement(`DELETE FROM ${names.schema}.erasures WHERE folder = $1 AND generation = $2`),
  };

  return {
    async putKeyRing(bytes, expectedVersion) {
      const valuesFor = (isRepeated: boolean) => [Buffer.from(bytes), expectedVersion, isRepeated];
      const { rows } = await database.unwrapped(database.change(calls.putKeyRing, valuesFor));
      return rows[0]?.put_key_ring_2 === true;
    },
    async addFolderKey({ folder, generation, wrapped }, ringVersion) {
      const values = [folder, generation, Buffer.from(wrapped), ringVersion];
      const { rows } = await database.unwrapped(
        database.change(calls.addFolderKey, (isRepeated) => [...values, isRepeated]),
      );
      return rows[0]?.add_folder_key_2 === true;
    },
    async destroyFolderKeys(keys) {
      if (keys.length === 0) return;
      await database.make(calls.destroy, [keys.map(({ folder }) => folder), keys.map(({ generation }) => generation)]);
    },
    async eraseKeys(folder) {
      for (;;) {
        // Named, so that a call whose answer was lost does not destroy, the next time, a key that was made since.
        const [latest] = await database.read(calls.latest, [folder]);
        const { rows, wasRepeated } = await database.unwrapped(
          database.change(calls.eraseKeys, () => [folder, latest?.generation]),
        );
        const isErased = rows[0]?.erase_keys_2;
        if (isErased !== null) return isErased === true;
        if (wasRepeated) throw outcomeUnknown();
      }
    },
    async endErasure({ folder, generation }) {
      await database.make(calls.endErasure, [folder, generation]);
    },
  };
}
