import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { syncFolder } from '../folder/durable-folder.js';
import type { OpenDatabase, SqlDatabase } from './driver.js';
import { asStorageError, databaseDamaged, isFull, isNotSqlite } from './storage-error.js';
import { readPragma } from './tables.js';

/** A database whose schema is about to be changed. */
export interface SchemaSource {
  open: OpenDatabase;
  path: string;
  busyTimeout: number;
}

// What the change itself takes, and the folder's own room.
const spareBytes = 1024 * 1024;
const mebibyte = 1024 * 1024;
const comparedAtOnce = 1024 * 1024;

/**
 * Copies a database into a file beside it, `<database>.schema-<version>.bak`, before its schema is changed. To be called
 * while nobody else can commit. Where the name is, the copy is whole, checked and on the disk.
 *
 * The copy is made by SQLite, not by the system, although that could share the blocks on some disks: who opens and closes
 * a database's file takes the locks of all connections of this process away.
 *
 * @throws PixstoreError `STORAGE_FULL`, `DATABASE_INVALID` or `STORAGE_FAILED`
 */
export function backUpSchema(source: SchemaSource, version: number): void {
  const { path } = source;
  const draft = draftOf(path);
  try {
    discard(draft); // of one who was killed
    copyDatabase(source, draft);
    requireWhole(source, draft, version);
    const name = placeFor(draft, path, version);
    if (existsSync(name)) discard(draft);
    else renameSync(draft, name);
    syncFolder(dirname(path));
  } catch (cause) {
    discard(draft);
    if (isNotSqlite(cause)) throw databaseDamaged(cause);
    throw asStorageError(cause, 'copy the database before its schema is changed');
  }
}

/** What a copy is called until it is whole. One is made at a time. */
export function draftOf(path: string): string {
  return `${path}.bak.partial`;
}

/** Names of the copies that are beside a database. */
export function schemaBackups(path: string): string[] {
  const name = basename(path);
  const isOne = (other: string) => other.startsWith(`${name}.`) && backupPattern.test(other.slice(name.length));
  try {
    return readdirSync(dirname(path)).filter(isOne).sort();
  } catch {
    return []; // who may not list the folder can use the database all the same
  }
}

const backupPattern = /^\.schema-\d+\.bak(\.\d+)?$/;

/** What is to be said of them whenever the database is opened. */
export function backupsAreThere(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`).join(' and ');
  return `Beside the database there is ${quoted}: what it was before its schema was changed, to go back to the pixstore of then. Keys of images that are deleted from now on stay in there. Remove it when it is no longer wanted.`;
}

/** With the journal that SQLite has of it until it is whole. */
function discard(draft: string): void {
  for (const end of ['-journal', '']) rmSync(draft + end, { force: true });
}

function copyDatabase(source: SchemaSource, draft: string): void {
  closeSync(openSync(draft, 'wx', 0o600)); // SQLite would make it readable for everybody
  onDatabase(source, source.path, (database) => {
    const needed = sizeOf(database) + spareBytes;
    if (freeBeside(source.path) < needed) throw noRoom(source.path, needed);
    try {
      database.prepare('VACUUM INTO ?').run(draft);
    } catch (cause) {
      if (isFull(cause)) throw noRoom(source.path, needed, cause);
      throw cause;
    }
  });
  syncFile(draft);
}

/** Free pages are not copied. */
function sizeOf(database: SqlDatabase): number {
  const pages = readPragma(database, 'page_count') - readPragma(database, 'freelist_count');
  return pages * readPragma(database, 'page_size');
}

function requireWhole(source: SchemaSource, draft: string, version: number): void {
  onDatabase(source, draft, (copy) => {
    const isSound = copy.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
    if (!isSound || readPragma(copy, 'user_version') !== version) throw databaseDamaged();
  });
}

function onDatabase<Result>({ open, busyTimeout }: SchemaSource, path: string, work: (opened: SqlDatabase) => Result) {
  const database = open(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF`);
    return work(database);
  } finally {
    database.close();
  }
}

/**
 * The first name that is free, or that of the same copy: somebody was killed between making it and changing the schema.
 */
function placeFor(draft: string, path: string, version: number): string {
  for (let number = 1; ; number += 1) {
    const name = `${path}.schema-${version}.bak${number === 1 ? '' : `.${number}`}`;
    if (!existsSync(name) || isSame(draft, name)) return name;
  }
}

function isSame(one: string, other: string): boolean {
  if (!statSync(other).isFile() || statSync(one).size !== statSync(other).size) return false;
  const files = [openSync(one, 'r'), openSync(other, 'r')] as const;
  const pieces = [Buffer.alloc(comparedAtOnce), Buffer.alloc(comparedAtOnce)] as const;
  try {
    for (;;) {
      const length = readSync(files[0], pieces[0]);
      if (readSync(files[1], pieces[1]) !== length || !pieces[0].equals(pieces[1])) return false;
      if (length === 0) return true;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

function freeBeside(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** @param needed - bytes */
function noRoom(path: string, needed: number, cause?: unknown): PixstoreError {
  const missing = needed - freeBeside(path);
  const toFree = missing > 0 ? `free ${inMebibytes(missing)} more` : 'a quota leaves less than is free';
  return new PixstoreError(
    'STORAGE_FULL',
    `Before its schema is changed the database is copied, for which there is no room beside it: it takes ${inMebibytes(needed)}; ${toFree}, and open it again. Nothing was changed: until then, the pixstore from before goes on working.`,
    { cause },
  );
}

const inMebibytes = (bytes: number) => `${Math.ceil(bytes / mebibyte)} MiB`;
