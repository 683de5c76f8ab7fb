// A floor for `check`: reads all ciphertexts of a store, and does as much of AES-GCM as there is to do, which is to open the
// key of each and then the picture, each with a key schedule and a tag of its own; nothing else. It encrypts, which takes as
// long, since it has none of the keys. Prints how long that took, and its time on processors, in ms.
//
// node read-and-decrypt.mjs <folder> <both | read>
import { createCipheriv } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './raw-sqlite.mjs';

const [, , folder = '', what] = process.argv;
const atOnce = 16;
const key = Buffer.alloc(32, 1);
const [sealed, additionalData] = [Buffer.alloc(48), Buffer.alloc(32)]; // about what a key takes, and what it is bound to

const database = openDatabase(join(folder, 'images.sqlite'));
const [store = ''] = readdirSync(join(folder, 'images'));

/** @param {Uint8Array} iv @param {Uint8Array} ciphertext */
function decrypt(iv, ciphertext) {
  if (what !== 'both') return;
  const box = createCipheriv('aes-256-gcm', key, iv).setAAD(additionalData);
  box.update(sealed);
  box.final();
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  for (let at = 0; at < ciphertext.length; at += 65_536) cipher.update(ciphertext.subarray(at, at + 65_536));
  cipher.final();
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
