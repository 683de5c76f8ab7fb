// The process that is killed while it backs a store up, puts a backup back or copies a store.
//
// node copy-victim.mjs <settings of its store, as JSON> <master key> <backup | restore | copy> <folder of the backups>
//   <settings of the store that is filled, as JSON>
import { readSync, writeSync } from 'node:fs';
import { copyStore, createPixstoreBackend, openLocalStore } from 'pixstore/backend';

const [from = '{}', masterKey = '', work = '', place = '', to = '{}'] = process.argv.slice(2);

// Loaded, and not begun: waits here until it is let go.
writeSync(1, 'ready\n');
readSync(0, Buffer.alloc(1));

/** @param {string} settings */
const backendOn = (settings) =>
  createPixstoreBackend({
    store: openLocalStore(JSON.parse(settings)),
    masterKey,
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
  });

const backend = backendOn(work === 'restore' ? to : from);
if (work === 'backup') for await (const _ of backend.backUpTo(place));
else if (work === 'restore') for await (const _ of backend.restoreFrom(place));
else {
  const store = openLocalStore(JSON.parse(to));
  for await (const _ of copyStore({ from: backend, to: store }));
  await store.close();
}
writeSync(1, 'done\n');
await backend.close();
