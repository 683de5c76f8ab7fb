// What somebody makes of stolen things with nothing but node:crypto and an SQLite. It knows what docs/wire-format.md says
// of keys at rest, and shares no line with pixstore but the search for an SQLite that this Node has.
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findDriver, type SqlRow, type SqlValue } from '../../../src/stores/local/driver.js';
import { filesIn } from '../../support/blobs.js';

export interface Loot {
  masterKey: string;
  /** Paths of copies, of whatever time. */
  databases: string[];
  /** Folders of ciphertexts. */
  blobs: string[];
}

export interface Opened {
  /** Keys of the store: those that wrap keys of folders, and those that make proofs. */
  storeKeys: number;
  proofKeys: Buffer[];
  /** `folder:generation` of each key that opens. */
  folderKeys: string[];
  /** Joined ids and tokens of the parts whose keys open. */
  imageKeys: string[];
  /** The files that were saved, decrypted, by the same names. */
  pictures: Map<string, Buffer>;
}

const derive = (masterKey: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(masterKey, 'hex'), Buffer.alloc(0), `pixstore/${purpose}/v1`, 32));

/** IV, what is encrypted, tag. */
function openBox(key: Uint8Array, box: Uint8Array, additionalData: string): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(additionalData)).setAuthTag(box.subarray(-16));
    return Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

function rowsOf(path: string, sql: string): SqlRow[] {
  const database = findDriver()(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

const bytesOf = (value: SqlValue | undefined): Buffer => Buffer.from(value as Uint8Array);

/** Tries everything with everything: keys of one copy on rows of another, and on every ciphertext that lies about. */
export function openAll({ masterKey, databases, blobs }: Loot): Opened {
  const all = (sql: string) => databases.flatMap((path) => rowsOf(path, sql));
  const wrappingKey = derive(masterKey, 'wrap');
  const ring: { purpose: string; key: Buffer }[] = [];
  for (const { bytes } of all('SELECT bytes FROM key_ring')) {
    for (const { purpose, id, wrapped } of JSON.parse(bytesOf(bytes).toString()).keys) {
      const context = `pixstore/wrapped-key/v1\napplication=pixstore\nkey=${id}\npurpose=${purpose}%20key`;
      const key = openBox(wrappingKey, Buffer.from(wrapped, 'base64').subarray(1), context);
      if (key) ring.push({ purpose, key });
    }
  }
  const storeKeys = ring.filter(({ purpose }) => purpose === 'store').map(({ key }) => key);

  const folderKeys = new Map<string, Buffer>();
  for (const { folder, generation, wrapped } of all('SELECT * FROM folder_keys')) {
    for (const storeKey of storeKeys) {
      const box = bytesOf(wrapped).subarray(9);
      const key = openBox(storeKey, box, `pixstore/folder-key/v1\n${generation}\n${folder}`);
      if (key) folderKeys.set(`${folder}:${generation}`, key);
    }
  }

  const ciphertexts = [
    ...all('SELECT ciphertext FROM parts WHERE ciphertext IS NOT NULL').map((row) => bytesOf(row.ciphertext)),
    ...blobs.flatMap(filesIn).map((path) => readFileSync(path)),
  ];
  const imageKeys = new Set<string>();
  const pictures = new Map<string, Buffer>();
  for (const { id, token, iv, tag, sealed_key: sealedKey } of all('SELECT * FROM parts')) {
    const [image, variant = ''] = String(id).split('.');
    for (const folderKey of folderKeys.values()) {
      const box = bytesOf(sealedKey).subarray(5);
      const contents = openBox(folderKey, box, `pixstore/sealed-key/v2\n${token}\n${image}\n${variant}`);
      if (!contents) continue;
      const name = `${id}@${token}`;
      imageKeys.add(name);
      for (const ciphertext of ciphertexts) {
        const picture = openBox(contents.subarray(0, 32), Buffer.concat([bytesOf(iv), ciphertext, bytesOf(tag)]), '');
        if (picture) pictures.set(name, picture.subarray(1));
      }
    }
  }
  return {
    storeKeys: storeKeys.length,
    proofKeys: ring.filter(({ purpose }) => purpose === 'proof').map(({ key }) => key),
    folderKeys: [...folderKeys.keys()].sort(),
    imageKeys: [...imageKeys].sort(),
    pictures,
  };
}

/** A proof, made with any 32 bytes. */
export function forge(proofKey: Uint8Array, id: string, now: number): string {
  const window = Math.floor(now / 20_000);
  return createHmac('sha256', proofKey).update(`pixstore/proof/v1\n${window}\n${id}`).digest('base64url');
}

/** The key that made proofs in pixstore's first schemas. */
export const firstProofKey = (masterKey: string): Buffer => derive(masterKey, 'proof');
