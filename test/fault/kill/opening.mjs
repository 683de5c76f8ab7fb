// The process that is killed while it opens a store: says when it is loaded, waits until it is let go, opens, and says what
// became of it.
//
// node opening.mjs <folder>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend } from 'pixstore/backend';
import { backendOf } from './settings.mjs';

const [folder = ''] = process.argv.slice(2);
const quiet = { info() {}, warn() {}, error() {} };

/** @param {string} word */
const say = (word) => void writeSync(1, `${word}\n`);

say('ready');
readSync(0, Buffer.alloc(1));

try {
  const backend = createPixstoreBackend({ ...backendOf(folder), logger: quiet });
  await backend.open();
  say('opened');
  await backend.close();
} catch (error) {
  say(`failed ${/** @type {{ code?: unknown }} */ (error).code}`);
}
