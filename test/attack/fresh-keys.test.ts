import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend } from '../support/backend.js';
import { smallPicture } from '../support/small-picture.js';

const versions = 2_000;

/** Bits that are set too often, or too seldom, to come from a good source: of 2,000, a half gives or takes 22. */
function skewedBits(values: readonly Buffer[]): number[] {
  const bits = (values[0]?.length ?? 0) * 8;
  return Array.from({ length: bits }, (_, bit) => bit).filter((bit) => {
    const set = values.filter((value) => (value[bit >> 3] as number) & (1 << (bit & 7))).length;
    return set < values.length * 0.4 || set > values.length * 0.6;
  });
}

const isEachNew = (values: readonly Buffer[]) => new Set(values.map((value) => value.toString('hex'))).size;

test('of thousands of versions of one picture, made at once while clock and Math.random stand still, no key, IV or id comes twice', async () => {
  const dice = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  onTestFinished(() => dice.mockRestore());
  const now = () => 1_700_000_000_000;
  const backends = [await openBackend({ now }), await openBackend({ now })];
  const picture = smallPicture();
  const records: ImageRecord[] = [];
  const saves = Array.from({ length: versions / 2 }, async (_, index) => {
    const backend = backends[index % 2] as (typeof backends)[0];
    const saved = (await backend.saveImage(picture)) as ImageRecord;
    records.push(saved, (await backend.updateImage(saved.id, picture)) as ImageRecord);
  });
  await Promise.all(saves);

  const keys = records.map(({ meta }) => Buffer.from(meta.key, 'base64'));
  const ivs = records.map(({ meta }) => Buffer.from(meta.iv, 'base64'));
  const ids = [...new Set(records.map(({ id }) => id))].map((id) => Buffer.from(id, 'base64url'));
  expect([keys[0]?.length, ivs[0]?.length, ids[0]?.length]).toEqual([32, 12, 16]);
  expect([isEachNew(keys), isEachNew(ivs), ids.length]).toEqual([versions, versions, versions / 2]);
  for (const values of [keys, ivs, ids]) expect(skewedBits(values)).toEqual([]);

  // Nor do any two ciphertexts of that one picture begin alike.
  const ciphertexts: Buffer[] = [];
  for (const { folder } of backends) {
    const database = findDriver()(join(folder, 'images.sqlite'));
    for (const row of database.prepare('SELECT ciphertext FROM parts').all()) {
      ciphertexts.push(Buffer.from(row.ciphertext as Uint8Array).subarray(0, 16));
    }
    database.close();
  }
  expect([ciphertexts.length, isEachNew(ciphertexts)]).toEqual([versions / 2, versions / 2]);
});
