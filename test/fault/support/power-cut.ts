import { join } from 'node:path';
import { openLocalStore } from '../../../src/stores/local/local-store.js';
import type { ImageStore, ImageVersion } from '../../../src/stores/port.js';
import { assertStored, readPart, versionOf } from '../../../src/testing/versions.js';
import { createFaults, type Fault } from './faults.js';
import { faultyDriver } from './faulty-driver.js';
import { faultyFileSystem } from './faulty-file-system.js';
import { createLedger, type Damage } from './ledger.mjs';
import { quickFolder } from './quick-folder.js';
import { createRandom, type Random } from './random.mjs';
import { createVolatileDisk, type VolatileDiskOptions } from './volatile-disk.js';

export interface PowerCut {
  /** The same seed does the same changes in the same order. */
  seed: number;
  /** The call to disk or database at which the power goes. Without, it goes when all is done. */
  call?: number;
  ignoreSyncOf?: VolatileDiskOptions['ignoreSyncOf'];
}

const off = () => new Error('the power is off');
const kind: Fault['kind'] = { name: 'power cut', files: off, database: off, code: 'STORAGE_FAILED' };

/**
 * Changes images on a disk that forgets what was not synced, cuts the power, and looks at what is left when it is back.
 *
 * @returns the calls made until then, and the store, opened again
 */
export async function cutPower({ seed, call = Number.POSITIVE_INFINITY, ignoreSyncOf }: PowerCut) {
  const folder = await quickFolder();
  const root = join(folder, 'images');
  const settings = { databasePath: join(folder, 'images.sqlite'), imageRootDir: root, inlineUpTo: 1_000, sweepAge: 0 };
  const random = createRandom(seed);
  const disk = createVolatileDisk({ root, random, ignoreSyncOf });
  const faults = createFaults();
  const store = openLocalStore({
    ...settings,
    driver: faultyDriver(faults),
    fileSystem: faultyFileSystem(faults, disk.fileSystem),
  });
  faults.arm({ call, kind, mode: call % 2 ? 'instead' : 'afterwards', lasting: true });
  const { ledger, versions } = await changeImages(store, random);
  const calls = faults.disarm().length;
  await store.close();

  const again = openLocalStore({ ...settings, writer: 'inline', fileSystem: disk.cutPower().fileSystem });
  const damages: Damage[] = [];
  for (const id of ledger.ids()) {
    const damage = ledger.settle(id, await findMark(again, id, versions));
    if (damage) damages.push(damage);
  }
  return { calls, damages, acknowledged: ledger.acknowledged(), store: again };
}

/** Several images at once, each one change after the other, as far as the power lasts. */
async function changeImages(store: ImageStore, random: Random) {
  const ledger = createLedger();
  const versions = new Map<string, ImageVersion>();
  let token = 1_000;

  async function change(id: string, current: ImageVersion | null): Promise<ImageVersion | null> {
    token += 1;
    const next = versionOf(id, token, random.pick([300, 3_000]), random.pick([[], ['thumb']]));
    const removes = current !== null && random.below(4) === 0;
    versions.set(markOf(next), next);
    ledger.try(id, removes ? null : markOf(next));
    const done = removes ? await store.remove(id) : await store.put(next, current?.token ?? null);
    // A save is refused when an image with a higher token was removed meanwhile.
    if (!done) return current;
    ledger.acknowledge(id);
    return removes ? null : next;
  }

  await Promise.allSettled(
    ['one', 'a:two', 'a:three', 'four'].map(async (id) => {
      let current: ImageVersion | null = null;
      for (let changes = 0; changes < 6; changes += 1) current = await change(id, current);
    }),
  );
  return { ledger, versions };
}

const markOf = ({ id, token }: { id: string; token: number }) => `${id}@${token}`;

/** The mark of the version that an image is in, when all its parts are whole. */
async function findMark(store: ImageStore, id: string, versions: Map<string, ImageVersion>): Promise<string | null> {
  try {
    const found = await readPart(store, id);
    if (!found) return null;
    const version = versions.get(markOf(found));
    if (!version) return 'unknown version';
    for (const { variant } of version.parts) assertStored(await readPart(store, id, variant), version, variant);
    return markOf(version);
  } catch (error) {
    return `damaged: ${(error as Error).message}`;
  }
}
