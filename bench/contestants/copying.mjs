// Backs a store up, verifies or restores a backup, or copies a store. Prints how long that took, in ms, without the start
// of the process.
//
// node copying.mjs <backup | verify | restore | copy> <folder of the store> <folder of backups, or of the copy>
import { join } from 'node:path';
import { pixstore } from './pixstore.mjs';

const [work = '', folder = '', other = ''] = process.argv.slice(2);
const logger = { info() {}, warn: console.warn, error: console.error };

/** @param {string} where */
const settingsIn = (where) => ({
  databasePath: join(where, 'images.sqlite'),
  imageRootDir: join(where, 'images'),
  logger,
});

const backend = pixstore.createPixstoreBackend({
  ...settingsIn(folder),
  masterKey: process.env.PIXSTORE_MASTER_KEY,
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});
if (work === 'backup' || work === 'copy') await backend.open();
const to = work === 'copy' ? pixstore.openLocalStore(settingsIn(other)) : undefined;
const begin = performance.now();
const steps = {
  backup: () => backend.backUpTo(other),
  verify: () => backend.verifyBackup(other),
  restore: () => backend.restoreFrom(other),
  copy: () => pixstore.copyStore({ from: backend, to }),
}[work]();
for await (const _ of steps);
console.log(performance.now() - begin);
await to?.close();
await backend.close();
