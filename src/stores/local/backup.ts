import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf, imageIdOf } from '../../shared/protocol/image-id.js';
import { syncFolder } from '../folder/durable-folder.js';
import type { BackupReport, ImageStore } from '../port.js';
import type { PlacedPart } from '../split/row-store.js';
import type { BlobFiles } from './blob-files.js';
import { type BlobReads, prepareBlobReads } from './blob-reads.js';
import { counters, countFolders, raiseCounter } from './counters.js';
import type { OpenDatabase, SqlDatabase } from './driver.js';
import { isBlobName, isUnmarkedBlob } from './file-name.js';
import { newNonce, storeFolder, writeMark } from './mark.js';
import { prepareReads, type Reads } from './reads.js';
import { isPartOf, numberOr } from './row.js';
import { openDatabase } from './schema.js';
import { isFull } from './storage-error.js';

/** What a backup is made of. */
export interface BackupSource {
  /** The store's own connection: what is true now. */
  database: SqlDatabase;
  reads: Reads;
  blobReads: BlobReads;
  files: BlobFiles;
  /** Copies the database, as of one moment, into a new file. */
  snapshot(target: string): Promise<void>;
  openSql: OpenDatabase;
  busyTimeout: number;
  /** Opens what was copied, as anybody would. */
  openStore(databasePath: string, imageRootDir: string): ImageStore;
}

/** What is in the folder of a backup. */
const backupNames = { database: 'pixstore.sqlite', images: 'images' } as const;

const draftPrefix = '.partial-';
const copiesAtOnce = 8;

/**
 * Copies a store into a folder. The database gets its name last: where it is, the backup is whole and on the disk. Until
 * then it is in a folder of its own beside it, whose name begins with `.partial-`.
 */
export async function backUp(target: string, source: BackupSource): Promise<BackupReport> {
  const draft = join(target, `${draftPrefix}${randomBytes(6).toString('hex')}`);
  let made: string | undefined;
  try {
    made = await mkdir(target, { recursive: true, mode: 0o700 });
    await requireFree(target);
    await mkdir(join(draft, backupNames.images), { recursive: true, mode: 0o700 });
    await copyInto(draft, source);
    const report = await verify(draft, source);
    for (const name of [backupNames.images, backupNames.database]) {
      await rename(join(draft, name), join(target, name));
      syncFolder(target);
    }
    await rm(draft, { recursive: true });
    return report;
  } catch (cause) {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
    if (made !== undefined) await rmdir(target).catch(() => {});
    if (cause instanceof PixstoreError || isFull(cause)) throw cause;
    throw failed('the disk refused to write or read it', cause);
  }
}

/** A killed one leaves its draft, which is in nobody's way. */
async function requireFree(target: string): Promise<void> {
  const names = await readdir(target);
  if (names.every((name) => name.startsWith(draftPrefix) || name === 'lost+found')) return;
  throw failed('there is something in its folder already; name a new one');
}

async function copyInto(draft: string, source: BackupSource): Promise<void> {
  const databasePath = join(draft, backupNames.database);
  const root = join(draft, backupNames.images);
  await source.snapshot(databasePath);
  const copy = openDatabase(source.openSql, databasePath, source.busyTimeout);
  try {
    const blobReads = prepareBlobReads(copy);
    const { id, epoch } = blobReads.store();
    if (id !== source.blobReads.store().id) throw failed('somebody else wrote to its folder');
    const repair = createRepair(copy, source.database);
    const folders = await copyBlobs(blobReads, root, id, source, repair.one);
    if (repair.count() > 0 && prepareReads(copy).keyRing()?.version !== source.reads.keyRing()?.version) {
      throw failed('the master key was exchanged meanwhile; try again');
    }
    for (const folder of folders) await removeUnnamed(folder, blobReads);
    // It is a copy: whoever restores it says whether it is the right one. What others did to blobs stays behind.
    const nonce = newNonce();
    copy.exec('DELETE FROM given_up_blobs; DELETE FROM sessions');
    copy.prepare('UPDATE store SET nonce = ?, next_nonce = NULL, is_marked = 1, is_adopted = 0').run(nonce);
    recount(copy);
    writeMark(root, id, databasePath, { epoch, nonce });
    for (const folder of [...folders, root, draft]) syncFolder(folder);
  } finally {
    copy.close();
  }
  await syncFile(databasePath);
}

function recount(copy: SqlDatabase): void {
  const set = copy.prepare('INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)');
  const value = (sql: string) => Number(copy.prepare(sql).get()?.value);
  copy.exec(`DELETE FROM folder_usage; ${countFolders}`);
  set.run(counters.images, value("SELECT count(*) AS value FROM parts WHERE instr(id, '.') = 0"));
  set.run(counters.bytes, value(`SELECT coalesce(sum(${numberOr('size', 0)}), 0) AS value FROM parts`));
}

/** Versions that were copied and replaced afterwards. */
async function removeUnnamed(folder: string, reads: BlobReads): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!reads.isBlobInUse(`${basename(folder)}/${name}`)) await rm(join(folder, name));
  }
}

/** @returns the folders that they were copied into */
async function copyBlobs(
  reads: BlobReads,
  root: string,
  storeId: string,
  { files }: BackupSource,
  repair: Repair,
): Promise<Set<string>> {
  const folders = new Set<string>();

  async function copyBlob(part: PlacedPart): Promise<void> {
    if (!isBlobName(part.blob)) return;
    const target = join(isUnmarkedBlob(part.blob) ? root : storeFolder(root, storeId), part.blob);
    const folder = dirname(target);
    if (!folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    folders.add(folder);
    if (await files.copy(part.blob, target)) return;
    // The image was updated or deleted since the snapshot: the copy gets what is true now.
    for (const next of repair(part)) await copyBlob(next);
  }

  const waiting: PlacedPart[] = [];
  const copyWaiting = () => Promise.all(waiting.splice(0).map(copyBlob));
  for (const part of reads.partsInBlobs()) if (waiting.push(part) === copiesAtOnce) await copyWaiting();
  await copyWaiting();
  return folders;
}

/** @returns parts whose blobs are still to be copied; none when what is missing is missing in the store as well */
type Repair = (part: PlacedPart) => PlacedPart[];

/** Brings images of the copy up to date, one by one, with the keys that they are sealed with. */
function createRepair(copy: SqlDatabase, live: SqlDatabase): { one: Repair; count(): number } {
  const columns = 'id, token, size, iv, tag, sealed_key, file, ciphertext';
  const places = columns.replace(/\w+/g, '?');
  const current = live.prepare(`SELECT ${columns} FROM parts WHERE ${isPartOf}`);
  const counter = live.prepare('SELECT value FROM counters WHERE name = ?');
  const remove = copy.prepare(`DELETE FROM parts WHERE ${isPartOf}`);
  const insert = copy.prepare(`INSERT INTO parts (${columns}) VALUES (${places})`);
  const raise = copy.prepare(raiseCounter);
  const keys = live.prepare('SELECT folder, generation, is_destroyed, wrapped FROM folder_keys WHERE folder = ?');
  const addKey = copy.prepare(
    'INSERT OR IGNORE INTO folder_keys (folder, generation, is_destroyed, wrapped) VALUES (?, ?, ?, ?)',
  );
  let repaired = 0;

  const one: Repair = ({ id, blob }) => {
    const imageId = imageIdOf(id);
    const rows = current.all(imageId, imageId, imageId);
    if (rows.some((row) => row.file === blob)) return [];
    copy.exec('BEGIN');
    remove.run(imageId, imageId, imageId);
    for (const row of rows) insert.run(...columns.split(', ').map((column) => row[column] ?? null));
    for (const { folder, generation, is_destroyed: isDestroyed, wrapped } of keys.all(folderOf(imageId))) {
      addKey.run(folder ?? null, generation ?? null, isDestroyed ?? null, wrapped ?? null);
    }
    raise.run(counters.lastRemovedToken, counter.get(counters.lastRemovedToken)?.value ?? 0);
    copy.exec('COMMIT');
    repaired += 1;
    return rows.flatMap((row) =>
      typeof row.file === 'string' ? { id: row.id as string, blob: row.file, size: Number(row.size) } : [],
    );
  };

  return { one, count: () => repaired };
}

/** Opens the copy and looks whether it has all that the store has. */
async function verify(draft: string, { reads, files, openStore }: BackupSource): Promise<BackupReport> {
  const store = openStore(join(draft, backupNames.database), join(draft, backupNames.images));
  try {
    const problems = (await store.check()).filter(({ kind }) => kind !== 'not-adopted');
    const lost = [];
    for (const { kind, subject } of problems) if (kind === 'leftover' || (await isWhole(subject))) lost.push(subject);
    if (lost.length > 0) throw failed(`${lost.length} images of it are not whole`);
    const { images, bytes } = await store.usage();
    return { images, bytes, problems };
  } finally {
    await store.close();
  }

  /** Is it whole in the store? What is missing there a backup cannot have, and keeps all else. */
  async function isWhole(id: string): Promise<boolean> {
    try {
      const row = reads.row(id);
      return row?.file ? (await files.size(row.file)) === row.record.size : row !== null;
    } catch {
      return false; // somebody else wrote its row
    }
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failed(why: string, cause?: unknown): PixstoreError {
  return new PixstoreError('BACKUP_FAILED', `The backup was not made: ${why}. What was stored is untouched.`, {
    cause,
  });
}
