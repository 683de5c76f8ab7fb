// A floor for `check`: reads all ciphertexts of a store, and decrypts as many bytes, each with a key schedule of its own;
// nothing else. Prints how long that took, and its time on processors, in ms.
//
// node read-and-decrypt.mjs <folder> <both | read>
import { createDecipheriv } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './raw-sqlite.mjs';

const [, , folder = '', what] = process.argv;
const atOnce = 16;
const key = Buffer.alloc(32, 1); // that it does not fit costs the same

const database = openDatabase(join(folder, 'images.sqlite'));
const [store = ''] = readdirSync(join(folder, 'images'));

/** @param {Uint8Array} iv @param {Uint8Array} ciphertext */
function decrypt(iv, ciphertext) {
  if (what !== 'both') return;
  const decipher = createDecipheriv('aes-256-gcm', key, iv);
  for (let at = 0; at < ciphertext.length; at += 65_536) decipher.update(ciphertext.subarray(at, at + 65_536));
}

/** @param {{ file: string, size: number, iv: Uint8Array }} row */
async function readFile({ file, size, iv }) {
  const handle = await open(join(folder, 'images', store, file));
  const bytes = Buffer.allocUnsafeSlow(size);
  await handle.read(bytes, 0, size, 0);
  await handle.close();
  decrypt(iv, bytes);
}

setPriority(constants.priority.PRIORITY_BELOW_NORMAL); // as the command has it
const begin = performance.now();
const ids = database.prepare('SELECT id FROM parts ORDER BY id').all();
const row = database.prepare('SELECT iv, size, file, ciphertext FROM parts WHERE id = ?');
let next = 0;
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (next < ids.length) {
      const found = row.get(ids[next++].id);
      if (found.file === null) decrypt(found.iv, found.ciphertext);
      else await readFile(found);
    }
  }),
);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ wall: performance.now() - begin, cpu: (user + system) / 1000 }));
