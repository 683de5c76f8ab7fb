import type { RowStore } from '../split/row-store.js';
import { statement } from './connections.js';
import { callOf, type Database } from './database.js';
import type { Names } from './tables.js';

type KeyChanges = Pick<RowStore, 'putKeyRing' | 'addFolderKey' | 'destroyFolderKeys' | 'eraseKeys' | 'endErasure'>;

/** What changes the key ring and keys of folders. */
export function createKeyChanges(database: Database, names: Names): KeyChanges {
  const calls = {
    putKeyRing: callOf(names, 'put_key_ring_2', ['bytea', 'bigint', 'boolean']),
    addFolderKey: callOf(names, 'add_folder_key_2', ['text', 'bigint', 'bytea', 'bigint', 'boolean']),
    destroy: callOf(names, 'destroy_folder_keys_2', ['text[]', 'bigint[]']),
    eraseKeys: callOf(names, 'erase_keys_2', ['text']),
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
      const [row] = await database.make(calls.eraseKeys, [folder]);
      return row?.erase_keys_2 === true;
    },
    async endErasure({ folder, generation }) {
      await database.make(calls.endErasure, [folder, generation]);
    },
  };
}
