import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// A reader of stores as somebody would write it in another language, from docs/wire-format.md alone: it shares no line
// with pixstore, and a store that it reads is one that can be read without pixstore.

/** Where a store lies, and the master keys (32 bytes each) that open it. */
export interface StorePlace {
  databasePath: string;
  imageRootDir: string;
  masterKeys: readonly Uint8Array[];
}

export interface ReadPicture {
  token: number;
  format: string | undefined;
  image: Buffer;
  /** Sealed beside the key; undefined where nothing is known. */
  info: { format: string | undefined; width: number; height: number; placeholder?: Buffer } | undefined;
}

/** What a store holds, opened. */
export interface ReadStore {
  /** By joined id. */
  pictures: Map<string, ReadPicture>;
  /** A proof as this store's servers make it at a time. */
  prove(id: string, now: number, windowLength: number, audience?: string): string;
}

const formats = [undefined, 'png', 'webp', 'jpg', 'jpeg'];

interface StoredKey {
  purpose: 'store' | 'proof' | 'sealing';
  id: string;
  wrapper: string;
  wrapped: string;
  check: string;
  from: number;
  until: number | null;
}

type OpenedKey = Pick<StoredKey, 'purpose' | 'id' | 'from' | 'until'> & { key: Buffer };

interface PartRow {
  id: string;
  token: number;
  size: number;
  iv: Uint8Array;
  tag: Uint8Array;
  sealed_key: Uint8Array;
  file: string | null;
  ciphertext: Uint8Array | null;
}

interface FolderKeyRow {
  folder: string;
  generation: number;
  is_destroyed: number;
  wrapped: Uint8Array;
}

interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): { all(...values: unknown[]): unknown[] };
  close(): void;
}

export function readStore({ databasePath, imageRootDir, masterKeys }: StorePlace): ReadStore {
  const database = openSqlite(databasePath);
  const rowsOf = <Row>(table: string): Row[] => {
    const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").all(table).length;
    return isThere ? (database.prepare(`SELECT * FROM ${table}`).all() as Row[]) : [];
  };
  database.exec('BEGIN'); // one moment, whoever writes meanwhile
  try {
    const masters = masterKeys.map(deriveMaster);
    const [ring] = rowsOf<{ bytes: Uint8Array }>('key_ring');
    const keys = ring ? openRing(ring.bytes, masters) : masters.flatMap(keysBeforeTheRing);
    const folderKeys = rowsOf<FolderKeyRow>('folder_keys');
    const [store] = rowsOf<{ id: string }>('store');
    const pictures = new Map<string, ReadPicture>();
    for (const part of rowsOf<PartRow>('parts')) {
      if (!isThere(part, folderKeys)) continue;
      const { key, info } = openSealedKey(part, keys, folderKeys);
      const ciphertext = part.ciphertext ?? readFile(imageRootDir, store?.id ?? '', part.file ?? '');
      if (ciphertext.length !== part.size) throw new Error(`${part.id} has ${ciphertext.length} bytes`);
      const plaintext = decrypt(key, part.iv, ciphertext, part.tag);
      const image = plaintext.subarray(1);
      pictures.set(part.id, { token: part.token, format: formats[plaintext[0] ?? 0], image, info });
    }
    return { pictures, prove: (...of) => prove(keys, ...of) };
  } finally {
    database.close();
  }
}

function openSqlite(path: string): SqliteDatabase {
  const require = createRequire(import.meta.url);
  if (Number.parseInt(process.versions.node, 10) >= 24) {
    const { DatabaseSync } = require('node:sqlite');
    return new DatabaseSync(path, { readOnly: true });
  }
  const Database = require('better-sqlite3');
  return new Database(path, { readonly: true });
}

function decrypt(key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array, tag: Uint8Array, bound?: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 }).setAuthTag(tag);
  if (bound !== undefined) decipher.setAAD(Buffer.from(bound));
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

/** IV, what is encrypted, tag. */
function openBox(key: Uint8Array, box: Uint8Array, lines: readonly (string | number)[]): Buffer {
  return decrypt(key, box.subarray(0, 12), box.subarray(12, -16), box.subarray(-16), lines.join('\n'));
}

function deriveMaster(secret: Uint8Array) {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `pixstore/${purpose}/v1`, length));
  return {
    id: derive('key-id', 8).toString('hex'),
    wrappingKey: derive('wrap', 32),
    sealingKey: derive('seal', 32),
    proofKey: derive('proof', 32),
  };
}

type Master = ReturnType<typeof deriveMaster>;

/** The first master key makes proofs, so it is the latest. */
function keysBeforeTheRing({ id, sealingKey, proofKey }: Master, index: number): OpenedKey[] {
  return [
    { purpose: 'sealing', id, key: sealingKey, from: 0, until: null },
    { purpose: 'proof', id, key: proofKey, from: -index, until: null },
  ];
}

function openRing(bytes: Uint8Array, masters: readonly Master[]): OpenedKey[] {
  const ring: { version: number; keys: StoredKey[] } = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (ring.version !== 1) throw new Error(`a key ring of version ${ring.version}`);
  return ring.keys.map(({ purpose, id, wrapper, wrapped, check, from, until }) => {
    const master = masters.find((each) => each.id === wrapper);
    if (!master) throw new Error(`the master key ${wrapper} is needed`);
    const [version, box] = apart(Buffer.from(wrapped, 'base64'), 1);
    if (version[0] !== 1) throw new Error(`a wrapped key of version ${version[0]}`);
    const context = ['application=pixstore', `key=${id}`, `purpose=${purpose}%20key`];
    const key = openBox(master.wrappingKey, box, ['pixstore/wrapped-key/v1', ...context]);
    const code = createHmac('sha256', key).update(`pixstore/key-check/v1\n${purpose}\n${id}`).digest();
    if (code.subarray(0, 16).toString('base64') !== check) throw new Error(`${id} is another key`);
    return { purpose, id, key, from, until };
  });
}

const apart = (bytes: Uint8Array, at: number): [Uint8Array, Uint8Array] => [bytes.subarray(0, at), bytes.subarray(at)];

function folderOf(id: string): string {
  return id.includes(':') ? id.slice(0, id.indexOf(':')) : '';
}

function generationOf(sealedKey: Uint8Array): number {
  return Buffer.from(sealedKey).readUInt32LE(1);
}

/** Does the key that the part names still open anything? */
function isThere({ id, sealed_key: sealedKey }: PartRow, folderKeys: readonly FolderKeyRow[]): boolean {
  const rowOf = (generation: number) =>
    folderKeys.find((row) => row.folder === folderOf(id) && row.generation === generation);
  return sealedKey[0] === 2 ? rowOf(generationOf(sealedKey))?.is_destroyed === 0 : !rowOf(0);
}

function openSealedKey(
  { id: joined, token, sealed_key: sealedKey }: PartRow,
  keys: readonly OpenedKey[],
  folderKeys: readonly FolderKeyRow[],
): { key: Buffer; info: ReadPicture['info'] } {
  if (sealedKey[0] === 1) {
    const masterKeyId = Buffer.from(sealedKey.subarray(1, 9)).toString('hex');
    const sealingKey = keyWith(keys, 'sealing', masterKeyId);
    const key = openBox(sealingKey, sealedKey.subarray(9), ['pixstore/sealed-key/v1', token, joined]);
    return { key, info: undefined };
  }
  if (sealedKey[0] !== 2) throw new Error(`a sealed key of version ${sealedKey[0]}`);
  const folder = folderOf(joined);
  const generation = generationOf(sealedKey);
  const wrapped = folderKeys.find((row) => row.folder === folder && row.generation === generation)?.wrapped;
  if (wrapped?.[0] !== 1) throw new Error(`a folder key of version ${wrapped?.[0]}`);
  const storeKey = keyWith(keys, 'store', Buffer.from(wrapped.subarray(1, 9)).toString('hex'));
  const folderKey = openBox(storeKey, wrapped.subarray(9), ['pixstore/folder-key/v1', generation, folder]);
  const [id = '', variant = ''] = joined.split('.');
  const opened = openBox(folderKey, sealedKey.subarray(5), ['pixstore/sealed-key/v2', token, id, variant]);
  return { key: opened.subarray(0, 32), info: readInfo(opened.subarray(32)) };
}

function keyWith(keys: readonly OpenedKey[], purpose: StoredKey['purpose'], id: string): Buffer {
  const found = keys.find((each) => each.purpose === purpose && each.id === id);
  if (!found) throw new Error(`there is no ${purpose} key ${id}`);
  return found.key;
}

function readInfo(bytes: Buffer): ReadPicture['info'] {
  const format = formats[bytes.readUInt8(0)];
  if (format === undefined) return undefined;
  const info: ReadPicture['info'] = { format, width: bytes.readUInt32LE(1), height: bytes.readUInt32LE(5) };
  for (let at = 9; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at + 1);
    if (bytes[at] === 1) info.placeholder = bytes.subarray(at + 3, at + 3 + length);
    at += 3 + length;
  }
  return info;
}

function readFile(imageRootDir: string, storeId: string, name: string): Buffer {
  const inStore = join(imageRootDir, storeId, name);
  const path = /^[0-9a-f]{2}\//.test(name) ? join(imageRootDir, name) : inStore;
  if (!/^([0-9a-f]{16}|[0-9a-f]{2})\/[0-9a-f]{32}$/.test(name) || !existsSync(path)) throw new Error(`no file ${name}`);
  return readFileSync(path);
}

function prove(keys: readonly OpenedKey[], id: string, now: number, windowLength: number, audience?: string): string {
  const [latest] = keys
    .filter(({ purpose, from, until }) => purpose === 'proof' && from <= now && (until === null || now < until))
    .sort((one, other) => other.from - one.from);
  if (!latest) throw new Error('there is no proof key');
  const window = Math.floor(now / windowLength);
  const lines =
    audience === undefined ? ['pixstore/proof/v1', window, id] : ['pixstore/proof/audience/v1', window, id, audience];
  return createHmac('sha256', latest.key).update(lines.join('\n')).digest('base64url');
}
