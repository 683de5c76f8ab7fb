import { join } from 'node:path';
import { openLocalStore } from '../../../src/stores/local/local-store.js';
import type { ImageStore } from '../../../src/stores/port.js';
import { createFaults, type Faults } from './faults.js';
import { faultyDriver } from './faulty-driver.js';
import { faultyFileSystem } from './faulty-file-system.js';
import { quickFolder } from './quick-folder.js';

/** Sizes on both sides of the limit between database and files, of stores in a `FaultyPlace`. */
export const small = 300;
export const large = 3_000;
const inlineUpTo = 1_000;

export interface FaultyPlace {
  folder: string;
  faults: Faults;
  /** Opens the store; all its calls to disk and database go through `faults`. */
  open(): ImageStore;
}

/** A folder for a local store of its own. */
export async function faultyPlace(): Promise<FaultyPlace> {
  const folder = await quickFolder();
  const faults = createFaults();
  const open = () =>
    openLocalStore({
      databasePath: join(folder, 'images.sqlite'),
      imageRootDir: join(folder, 'images'),
      inlineUpTo,
      sweepAge: 0,
      driver: faultyDriver(faults),
      fileSystem: faultyFileSystem(faults),
    });
  return { folder, faults, open };
}
