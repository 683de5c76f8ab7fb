import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDriver } from '../../src/stores/local/driver.js';
import { temporaryFolder } from './folders.js';

/** Made by pixstore 3.2.1 itself: scripts/make-v3-store.mjs. */
const fixture = fileURLToPath(new URL('../fixtures/store-3.2.1', import.meta.url));

interface Expected {
  id: string;
  token: number;
  /** Of the picture's file. */
  sha256: string;
}

export const expected: Expected[] = JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8'));

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A copy of it, to be damaged and migrated. @param folder - default: a new one */
export async function placeStore3(folder?: string) {
  return store3In(folder ?? (await temporaryFolder()));
}

function store3In(folder: string) {
  cpSync(fixture, folder, { recursive: true });
  const [database, imageDir] = [join(folder, 'images.sqlite'), join(folder, 'images')];
  return {
    folder,
    from: { database, imageDir },
    fileOf: (id: string) => join(imageDir, `${id.replace(':', '/')}.pixstore-image`),
    sql(text: string, ...values: (string | number | null)[]) {
      const opened = findDriver()(database);
      opened.prepare(text).run(...values);
      opened.close();
    },

    /** More images, as 3.2.1 writes them. @returns what they are */
    add(pictures: readonly Uint8Array[]): Expected[] {
      const opened = findDriver()(database);
      const insert = opened.prepare('INSERT INTO image_records VALUES (?, ?, ?)');
      opened.exec('BEGIN');
      const added = pictures.map((bytes, index) => {
        const { meta, ciphertext } = encrypt(bytes);
        const [id, token] = [`more-${index}`, 1_700_000_000_000 + index];
        insert.run(id, token, JSON.stringify(meta));
        writeFileSync(join(imageDir, `${id}.pixstore-image`), ciphertext);
        return { id, token, sha256: sha256(bytes) };
      });
      opened.exec('COMMIT');
      opened.close();
      return added;
    },
  };
}

/** Of a PNG: its format byte is 1. */
function encrypt(png: Uint8Array) {
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = Buffer.concat([cipher.update(Uint8Array.of(1)), cipher.update(png), cipher.final()]);
  const meta = { key: key.toString('base64'), iv: iv.toString('base64'), tag: cipher.getAuthTag().toString('base64') };
  return { meta, ciphertext };
}

/** Everything there is in a folder: names, bytes, times of writing and modes. */
export function stateOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, mode } = statSync(path);
    const content = entry.isFile() ? sha256(readFileSync(path)) : 'folder';
    return [relative(folder, path), `${content} ${mtimeMs} ${mode}`];
  });
  return Object.fromEntries(entries);
}
