// The process that is killed while it does something with keys.
//
// node key-victim.mjs <settings of its store, as JSON> <master keys> <routine | compromised | erasing>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend, openLocalStore } from 'pixstore/backend';

const [settings = '{}', masterKeys = '', work = ''] = process.argv.slice(2);

// Loaded, and not begun: waits here until it is let go.
writeSync(1, 'ready\n');
readSync(0, Buffer.alloc(1));

const backend = createPixstoreBackend({
  store: openLocalStore(JSON.parse(settings)),
  masterKey: masterKeys.split(','),
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});
if (work === 'erasing') await backend.deleteImages('a');
else for await (const _ of backend.rotateMasterKey({ compromised: work === 'compromised' }));
writeSync(1, 'done\n');
await backend.close();
