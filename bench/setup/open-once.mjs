// Opens a store, and says how long that took and how much memory the process had at most.
//
// node open-once.mjs <folder>
import { join } from 'node:path';
import { pixstore } from '../contestants/pixstore.mjs';

const [folder = ''] = process.argv.slice(2);
const logger = { info() {}, warn: console.warn, error: console.error };
const start = performance.now();
const store = pixstore.openLocalStore({
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  logger,
});
const ms = performance.now() - start;
await store.close();
console.log(JSON.stringify({ ms, megabytes: process.resourceUsage().maxRSS / 1024 }));
