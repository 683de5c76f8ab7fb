import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/public-api.js';
import type { SqlRow, SqlValue } from '../../../src/stores/local/driver.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { newKey, oldKey } from '../../support/keys.js';
import { crimeScene, look, rotate, type Scene } from './crime-scene.js';

const ids = ['a:one', 'a:two', 'b:one', 'one'];
const partsSql = 'SELECT * FROM parts ORDER BY rowid';

/** What a part's row says of its own, and what of it can be taken from another row. */
const moves: Record<string, readonly string[]> = {
  'the sealed key': ['sealed_key'],
  'the sealed key and what it opens': ['sealed_key', 'iv', 'tag', 'size', 'file', 'ciphertext'],
  'all but the id': ['sealed_key', 'iv', 'tag', 'size', 'file', 'ciphertext', 'token'],
};

interface Donor extends SqlRow {
  id: string;
}

/** The images, as often as there are kinds of rows to move: of today, of before an update, of before an exchange. */
async function donorsAndVictims() {
  const scene = await crimeScene();
  let backend = scene.open([newKey, oldKey]);
  /** Everything that was ever saved under an id. */
  const pictures: [string, Buffer][] = [];
  const note = () => void pictures.push(...scene.pictures);
  for (const [index, id] of ids.entries()) await scene.save(backend, id, index % 2 ? 'file' : 'row');
  note();
  const donors = scene.rows(partsSql) as Donor[];
  await rotate(backend, true);
  donors.push(...(scene.rows(partsSql) as Donor[]));
  scene.clock.now += 1_000;
  for (const [index, id] of ids.entries()) await scene.save(backend, id, index % 2 ? 'row' : 'file');
  note();
  await backend.deleteImages('b');
  await scene.save(backend, 'b:one');
  note();

  // Another store, with the same master key and the same ids.
  const other = await crimeScene();
  const otherBackend = other.open([newKey, oldKey]);
  for (const id of ids) await other.save(otherBackend, id);
  donors.push(...(other.rows(partsSql) as Donor[]));
  await otherBackend.close();

  const victims = scene.rows(partsSql) as Donor[];
  donors.push(...victims);
  await backend.close();
  backend = scene.open(newKey);
  return { scene, backend, donors, victims, pictures };
}

/** Files are named once: a row that takes another's leaves it none. */
function replaceRow(scene: Scene, row: SqlRow): void {
  scene.write('UPDATE parts SET file = NULL, ciphertext = zeroblob(size) WHERE file = ?', row.file as SqlValue);
  scene.putBack('parts', [row]);
}

function restore(scene: Scene, rows: readonly SqlRow[]): void {
  scene.write('DELETE FROM parts');
  scene.putBack('parts', rows);
}

async function recordsOf(backend: PixstoreBackend): Promise<Map<string, ImageRecord>> {
  const records = await backend.getImageRecords(ids);
  return new Map((records ?? []).flatMap((record) => (record ? [[record.id, record]] : [])));
}

describe.each(Object.entries(moves))('%s of any row, of today, of before or of another store', (_, columns) => {
  test('in any other row shows its own picture, none, or an error; never another, and never under another key', async () => {
    const { scene, backend, donors, victims, pictures } = await donorsAndVictims();
    const before = await recordsOf(backend);
    const outcomes = { shown: 0, refused: 0 };
    for (const victim of victims) {
      for (const donor of donors) {
        const taken = Object.fromEntries(columns.map((column) => [column, donor[column] ?? null]));
        replaceRow(scene, { ...victim, ...taken });
        const found = await look(backend, victim.id, before.get(victim.id));
        restore(scene, victims);
        if (!(found instanceof Buffer)) {
          outcomes.refused += 1;
          continue;
        }
        outcomes.shown += 1;
        // Its own, or, of an old row that is put back whole with a key that lives still, what it was then.
        expect(donor.id).toBe(victim.id);
        const saved = pictures.filter(([id]) => id === victim.id).map(([, picture]) => picture);
        expect(saved.some((picture) => picture.equals(found))).toBe(true);
        if (!columns.includes('token')) expect(found.equals(scene.pictures.get(victim.id) as Buffer)).toBe(true);
      }
    }
    // Each shows itself in its own place, and otherwise hardly anything does.
    expect(outcomes.shown).toBeGreaterThanOrEqual(victims.length);
    expect(outcomes.shown).toBeLessThanOrEqual(2 * victims.length);
    expect(outcomes.refused).toBeGreaterThan(10 * victims.length);
    for (const id of ids) expect(await look(backend, id)).toEqual(scene.pictures.get(id));
  });
});

test('a part under the name of a variant, of another image or of none is no picture', async () => {
  const { scene, backend, victims } = await donorsAndVictims();
  for (const victim of victims) {
    for (const id of ['a:one.thumb', 'a:one.0', 'a:three', 'b:two', 'c:one', 'two', 'one.thumb']) {
      scene.putBack('parts', [{ ...victim, id, file: null, ciphertext: new Uint8Array(Number(victim.size)) }]);
      const [found] = (await backend.getImageRecords([id]).catch(() => null)) ?? [];
      expect(found ?? null).toBeNull();
      restore(scene, victims);
    }
  }
});

test('a sealed key that says another generation opens nothing, whatever generation that is', async () => {
  const { scene, backend, victims } = await donorsAndVictims();
  for (const victim of victims) {
    const own = Buffer.from(victim.sealed_key as Uint8Array).readUInt32LE(1);
    for (const generation of [0, 1, 2, 3, 4, 255, 2 ** 31, 2 ** 32 - 1].filter((each) => each !== own)) {
      const sealedKey = Buffer.from(victim.sealed_key as Uint8Array);
      sealedKey.writeUInt32LE(generation, 1);
      scene.write('UPDATE parts SET sealed_key = ? WHERE id = ?', sealedKey, victim.id);
      const found = await look(backend, victim.id);
      expect(found instanceof Buffer, `${victim.id} ${generation}`).toBe(false);
    }
    for (const version of [0, 1, 3, 255]) {
      const sealedKey = Buffer.from(victim.sealed_key as Uint8Array);
      sealedKey[0] = version;
      scene.write('UPDATE parts SET sealed_key = ? WHERE id = ?', sealedKey, victim.id);
      expect((await look(backend, victim.id)) instanceof Buffer).toBe(false);
    }
    restore(scene, victims);
  }
});

describe('an erased folder', () => {
  async function erased(compromised: boolean) {
    const scene = await crimeScene();
    const backend = scene.open([newKey, oldKey]);
    await scene.save(backend, 'a:row');
    await scene.save(backend, 'b:row');
    const record = backend.getImageRecord('a:row') as ImageRecord;
    const parts = scene.rows("SELECT * FROM parts WHERE id = 'a:row'");
    const keys = scene.rows("SELECT * FROM folder_keys WHERE folder = 'a'");
    await backend.deleteImages('a');
    if (compromised) await rotate(backend, true);
    return { scene, backend, record, parts, keys };
  }

  test('whose key is put back has no images, and one whose images are put back gives none', async () => {
    const { scene, backend, record, parts, keys } = await erased(false);
    scene.putBack('parts', parts);
    expect(await look(backend, 'a:row', record)).toBeNull();
    expect(backend.imageExists('a:row')).toBe(false);
    scene.write('DELETE FROM parts WHERE id = ?', 'a:row');
    scene.putBack('folder_keys', keys);
    expect(await look(backend, 'a:row', record)).toBeNull();
    expect(await backend.store.version('a:row')).toEqual([]);
  });

  test('whose keys and images are both put back shows what was there, as any old copy does', async () => {
    const { scene, backend, record, parts, keys } = await erased(false);
    scene.putBack('folder_keys', keys);
    scene.putBack('parts', parts);
    expect(await look(backend, 'a:row', record)).toEqual(scene.pictures.get('a:row'));
  });

  test('stays erased after an exchange of the master key that was told of a leak, whatever is put back', async () => {
    const { scene, backend, record, parts, keys } = await erased(true);
    scene.putBack('folder_keys', keys);
    scene.putBack('parts', parts);
    expect(await look(backend, 'a:row', record)).toBe('MASTER_KEY_MISMATCH');
  });

  test('takes new images under a key that no row put back can take the place of', async () => {
    const { scene, backend, keys } = await erased(false);
    await scene.save(backend, 'a:row');
    scene.putBack('folder_keys', keys);
    await scene.save(backend, 'a:next');
    for (const id of ['a:row', 'a:next']) expect(await look(backend, id)).toEqual(scene.pictures.get(id));
    const generations = scene.rows("SELECT sealed_key FROM parts WHERE id LIKE 'a:%'");
    for (const row of generations) expect(Buffer.from(row.sealed_key as Uint8Array).readUInt32LE(1)).toBe(2);
  });
});
