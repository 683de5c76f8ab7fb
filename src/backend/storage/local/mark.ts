import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isToken } from '../../../shared/image-id.js';
import { sessionPattern, storeIdPattern } from './file-name.js';

/**
 * What a store leaves in the folder of its blobs, so that a folder knows whose it is. Each store has a folder of its
 * own in there, so that several can share one:
 *
 * - `<root>/<store id>/mark.json`: this
 * - `<root>/<store id>/progress`: how many commits its database had, at least
 * - `<root>/<store id>/taken-over.json`: names of blobs of schema 1 that it came with, if it did
 * - `<root>/<store id>/<session>/<blob>`
 */
export interface Mark {
  /** Counts adoptions. A database with a lower one can change nothing any more. */
  epoch: number;
  /** The file that the database is, and the folder the mark is in, as the file system numbers them. */
  database: string;
  folder: string;
}

export const markName = 'mark.json';
const progressName = 'progress';
const takenOverName = 'taken-over.json';

export function folderOf(root: string, storeId: string): string {
  return join(root, storeId);
}

/** @returns null when there is none, or none that can be read */
export function readMark(folder: string): Mark | null {
  const { epoch, database, folder: marked } = readJson(join(folder, markName)) ?? {};
  return isToken(epoch) ? { epoch, database: String(database), folder: String(marked) } : null;
}

function readJson(path: string) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || isNotThere(error)) return null;
    throw error;
  }
}

/** Makes the folder, when there is none, and the mark, durably. The folder above must be there. */
export function writeMark(root: string, storeId: string, epoch: number, databasePath: string): void {
  const folder = folderOf(root, storeId);
  makeFolder(folder);
  const mark: Mark = { epoch, database: numberOf(databasePath), folder: numberOf(folder) };
  replaceFile(
    folder,
    markName,
    JSON.stringify({ ...mark, note: 'pixstore keeps encrypted images here. Leave this file.' }),
  );
  syncFolder(folder);
  syncFolder(root);
}

/** @returns how many commits the database with this epoch had, at least */
export function readProgress(folder: string, epoch: number): number {
  try {
    const [ofEpoch, commits] = readFileSync(join(folder, progressName), 'utf8').split(' ').map(Number);
    return ofEpoch === epoch && isToken(commits) ? commits : 0;
  } catch (error) {
    if (isNotThere(error)) return 0;
    throw error;
  }
}

/** Need not survive a power cut: then it says less than is true, which is true as well. */
export function writeProgress(folder: string, epoch: number, commits: number): void {
  replaceFile(folder, progressName, `${epoch} ${commits}`);
}

/** Notes blobs of schema 1, which lie in no store's folder, as those of this one. */
export function writeTakenOver(folder: string, names: readonly string[]): void {
  replaceFile(folder, takenOverName, JSON.stringify(names));
}

/** Names of blobs of schema 1 that other stores in this folder came with. */
export function takenOverByOthers(root: string, storeId: string): Set<string> {
  const others = readdirSync(root).filter((name) => storeIdPattern.test(name) && name !== storeId);
  return new Set(others.flatMap((id) => readJson(join(root, id, takenOverName)) ?? []));
}

/** The sessions that left a folder here. */
export function sessionsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => sessionPattern.test(name));
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

/** Stays the same when something is renamed, and is another for a copy. */
export function numberOf(path: string): string {
  return String(statSync(path, { bigint: true }).ino);
}

export function isNotThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 }); // not with what is above it: that must be there
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Readers see the old content or the new one, whole. */
function replaceFile(folder: string, name: string, content: string): void {
  const draft = join(folder, `${name}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: name === markName });
    renameSync(draft, join(folder, name));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // has no handles to directories
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
