import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/backend.js';
import { findDriver } from '../../../src/stores/local/driver.js';
import { createMemoryStore } from '../../../src/stores/memory/memory-store.js';
import { failure } from '../../support/errors.js';
import { newKey, oldKey } from '../../support/keys.js';
import { smallPicture } from '../../support/small-picture.js';
import { createFaults, faultKinds } from '../support/faults.js';
import { faultyDriver } from '../support/faulty-driver.js';
import { intercept } from '../support/intercept.js';
import {
  compromised,
  erasing,
  expectFinished,
  expectWhole,
  filledPlace,
  idsWithout,
  routine,
  type WorkPlace,
} from './works.js';

const [kind] = faultKinds as [(typeof faultKinds)[number]];

/** A place where erasing a folder was cut short when its keys were gone, and nothing else. */
async function cutShort(): Promise<WorkPlace> {
  const filled = await filledPlace();
  for (let call = 1; ; call += 1) {
    const place = await filled.copy();
    const faults = createFaults();
    const backend = place.open([oldKey], { driver: faultyDriver(faults) });
    faults.arm({ call, kind, mode: 'afterwards', lasting: true });
    await erasing.make(backend).catch(() => {});
    faults.disarm();
    await backend.close();
    if (place.rows('SELECT * FROM erasures').length > 0) return place;
  }
}

const rowsOfFolder = (place: WorkPlace) => place.rows("SELECT id FROM parts WHERE id LIKE 'a:%'");

describe('erasing that was cut short', () => {
  test('goes on when the store is opened, and closing waits for it', async () => {
    const place = await cutShort();
    expect(rowsOfFolder(place)).toHaveLength(3);
    const backend = place.open([oldKey]);
    expect(await expectWhole(backend)).toEqual(idsWithout('a'));
    await backend.close();
    expect(rowsOfFolder(place)).toEqual([]);
    await expectFinished(place, erasing);
  });

  test('keeps no store from being opened when it fails again, and goes on the next time', async () => {
    const place = await cutShort();
    let failed = 0;
    const backend = place.open([oldKey], {
      driver: (path) =>
        intercept(findDriver()(path), (name, work, [sql]) => {
          if (name !== 'prepare' || !String(sql).startsWith('DELETE FROM parts')) return work();
          return intercept(work() as object, () => {
            failed += 1;
            throw kind.database();
          });
        }),
    });
    expect(await expectWhole(backend)).toEqual(idsWithout('a'));
    await backend.close();
    expect(failed).toBeGreaterThan(0);
    expect(rowsOfFolder(place)).toHaveLength(3);
    await place.open([oldKey]).close();
    expect(rowsOfFolder(place)).toEqual([]);
  });

  test('in a store that is opened by two processes at once is done once, and new images of the folder stay', async () => {
    const place = await cutShort();
    const backends = [place.open([oldKey]), place.open([oldKey])];
    for (const [index, backend] of backends.entries()) {
      await backend.saveImage(smallPicture(), { dir: 'a', id: index === 0 ? 'row' : 'new' });
    }
    for (const backend of backends) await backend.close();
    expect(rowsOfFolder(place).map(({ id }) => id)).toEqual(['a:new', 'a:row']);
    const again = place.open([oldKey]);
    expect(again.imageExists('a:row')).toBe(true);
    expect(await again.store.usage()).toMatchObject({ images: idsWithout('a').length + 2 });
    await again.close();
  });
});

describe('an exchange after a leak that was cut short', () => {
  /** A place where one was begun under a new master key, and nothing more. */
  async function begun(): Promise<WorkPlace> {
    const place = await filledPlace();
    const backend = place.open([newKey, oldKey]);
    for await (const _ of backend.rotateMasterKey({ compromised: true })) break;
    await backend.close();
    expect(storeKeysOf(place)).toHaveLength(2);
    return place;
  }

  test('is finished by the next exchange, whatever that is for', async () => {
    const place = await begun();
    const backend = place.open([newKey, oldKey]);
    await routine.make(backend);
    await backend.close();
    await expectFinished(place, routine);
  });

  test('leaves no store key that the next master key but one has not made, when it is finished under another one', async () => {
    const place = await begun();
    const [known] = storeKeysOf(place);
    const thirdKey = Buffer.alloc(32, 9).toString('hex');
    // Whoever has the second master key and a copy of that time has the store key.
    const third = place.open([thirdKey, newKey, oldKey]);
    for await (const _ of third.rotateMasterKey()) break;
    await third.close();
    const again = place.open([thirdKey, newKey, oldKey]);
    await compromised.make(again);
    await again.close();
    expect(storeKeysOf(place)).toHaveLength(1);
    expect(storeKeysOf(place)).not.toContain(known);
    await expectFinished(place, { ...compromised, keyAfter: thirdKey });
  });
});

/** Ids of the keys of the store, the latest first. */
function storeKeysOf(place: WorkPlace): string[] {
  const [row] = place.rows('SELECT bytes FROM key_ring');
  const { keys } = JSON.parse(Buffer.from(row?.bytes as Uint8Array).toString());
  return (keys as { purpose: string; id: string }[]).filter(({ purpose }) => purpose === 'store').map(({ id }) => id);
}

describe('an exchange after a leak of a store with damage', () => {
  /** @returns how many parts were damaged */
  async function exchange(place: WorkPlace): Promise<number> {
    const backend = place.open([newKey, oldKey]);
    let found = 0;
    for await (const { damaged } of backend.rotateMasterKey({ compromised: true })) found = damaged;
    await backend.close();
    return found;
  }

  const damages: [string, string, number][] = [
    [
      'the box of an image',
      "UPDATE parts SET sealed_key = CAST(substr(sealed_key, 1, 40) || zeroblob(length(sealed_key) - 40) AS BLOB) WHERE id = 'a:file'",
      1,
    ],
    [
      'the key of a folder',
      "UPDATE folder_keys SET wrapped = CAST(substr(wrapped, 1, 40) || zeroblob(length(wrapped) - 40) AS BLOB) WHERE folder = 'a'",
      3,
    ],
  ];

  test.each(damages)(
    'in %s keeps what it takes to restore that, and the next one finishes it',
    async (_, sql, count) => {
      const place = await filledPlace();
      const copy = await place.copy();
      place.write(sql);
      expect(await exchange(place)).toBe(count);
      expect(storeKeysOf(place)).toHaveLength(2);
      const damaged = place.open([newKey]);
      await failure('SEALED_KEY_INVALID', () => damaged.getImageRecord('a:file'));
      expect(damaged.getImageRecord('b:file')).not.toBeNull();
      await damaged.close();

      // The rows that were damaged, from a backup of before.
      const table = sql.split(' ')[1] as string;
      const where = table === 'parts' ? "id = 'a:file'" : "folder = 'a' AND generation = 1";
      const column = table === 'parts' ? 'sealed_key' : 'wrapped';
      const [row] = copy.rows(`SELECT ${column} AS value FROM ${table} WHERE ${where}`);
      place.write(`UPDATE ${table} SET ${column} = ? WHERE ${where}`, row?.value as Uint8Array);
      expect(await exchange(place)).toBe(0);
      await expectFinished(place, compromised);
    },
  );

  test('of an image that is then deleted is finished by the next one', async () => {
    const place = await filledPlace();
    place.write((damages[0] as [string, string, number])[1]);
    expect(await exchange(place)).toBe(1);
    const backend = place.open([newKey]);
    expect(await backend.deleteImage('a:file')).toBe(true);
    await backend.close();
    expect(await exchange(place)).toBe(0);
    expect(storeKeysOf(place)).toHaveLength(1);
  });

  test('of a row that no pixstore has written, but for its key, is not stopped by that', async () => {
    const place = await filledPlace();
    place.write("UPDATE parts SET iv = zeroblob(40) WHERE id = 'a:file'");
    expect(await exchange(place)).toBe(0);
    expect(storeKeysOf(place)).toHaveLength(1);
    const backend = place.open([newKey]);
    expect(await backend.deleteImage('a:file')).toBe(true);
    for (const id of idsWithout(null)) expect(backend.imageExists(id)).toBe(id !== 'a:file');
    await backend.close();
  });
});

test('an exchange after a leak leaves others their turns, also where nothing is to be done any more', async () => {
  const memory = createMemoryStore();
  let walked = 0;
  let most = 0;
  const store = {
    ...memory,
    async *sealedKeys() {
      for await (const page of memory.sealedKeys()) {
        walked += page.length;
        most = Math.max(most, walked);
        yield page;
      }
    },
  };
  const masterKey = [newKey, oldKey];
  const backend = createPixstoreBackend({
    store,
    masterKey,
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
  });
  for (let index = 0; index < 1_500; index += 1) await backend.saveImage(smallPicture());
  let isOver = false;
  const turns = async () => {
    for (; !isOver; await nextTurn()) walked = 0;
  };
  const running = turns();
  await compromised.make(backend);
  isOver = true;
  await running;
  await backend.close();
  expect(most).toBeLessThan(600);
});
