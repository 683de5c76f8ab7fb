import { describe, expect, test } from 'vitest';
import { findDriver } from '../../../src/backend/storage/local/driver.js';
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
  newKey,
  oldKey,
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
