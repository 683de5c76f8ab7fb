import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isToken } from '../../shared/protocol/image-id.js';
import { syncFolder } from '../folder/durable-folder.js';
import { isNotThere, readSmallFile, replaceBytes } from '../folder/small-files.js';
import { sessionPattern } from '../split/blob-name.js';

/**
 * What a store leaves in the folder of its blobs, so that a folder knows whose it is. Each store has a folder of its
 * own in there, so that several can share one:
 *
 * - `<root>/<store id>/mark.json`: this
 * - `<root>/<store id>/progress`: how many commits its database had
 * - `<root>/<store id>/taken-over`: names of blobs of schema 1 that it came with, if it did
 * - `<root>/<store id>/<session>/<blob>`
 */
export interface Mark {
  /** Counts adoptions. A database with a lower one can change nothing any more. */
  epoch: number;
  /** What the latest copy of the database knows: see `identity.ts`. */
  nonce: string;
  /** The file that the database is, and the folder the mark is in. */
  database: FileNumber;
  folder: FileNumber;
}

/** What a file system calls a file. It stays when the file is renamed, and is another for a copy. */
export interface FileNumber {
  ino: string;
  /** The volume, as it is numbered until the next start of the system. */
  dev: string;
  /** Which start of the system that is; empty where it is not known. */
  boot: string;
}

const markName = 'mark.json';
const progressName = 'progress';
const longestMark = 4_096; // bytes
const progressLength = 33; // always as long, so that nothing of what was there stays behind it
const highestEpoch = 2 ** 32;

export const noncePattern = /^[0-9a-f]{32}$/;

export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

export function storeFolder(root: string, storeId: string): string {
  return join(root, storeId);
}

/** Is it the name of something that the store itself keeps in its folder, beside sessions? */
export function isOfStore(name: string): boolean {
  // What replaces one of them has a name that begins with it, for a moment.
  return [markName, progressName, 'taken-over'].some((own) => name === own || name.startsWith(`${own}.`));
}

export function markPathOf(folder: string): string {
  return join(folder, markName);
}

/** @returns null when there is none, or none that can be read */
export function readMark(folder: string): Mark | null {
  try {
    const mark = JSON.parse(readSmallFile(markPathOf(folder), longestMark)?.toString() ?? 'null') as Mark | null;
    const isWhole = mark && isEpoch(mark.epoch) && noncePattern.test(mark.nonce) && mark.database && mark.folder;
    return isWhole ? mark : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function isEpoch(value: unknown): value is number {
  return isToken(value) && value <= highestEpoch;
}

/** Makes the folder, when there is none, and the mark, durably. The folder above must be there. */
export function writeMark(
  root: string,
  storeId: string,
  databasePath: string,
  { epoch, nonce }: Pick<Mark, 'epoch' | 'nonce'>,
): void {
  const folder = storeFolder(root, storeId);
  makeIfAbsent(folder);
  const mark: Mark = { epoch, nonce, database: numberOf(databasePath), folder: numberOf(folder) };
  const note = 'pixstore keeps encrypted images here. Leave this file.';
  replaceFile(folder, markName, JSON.stringify({ ...mark, note }));
  syncFolder(root);
}

/** @returns how many commits the database with this epoch had */
export function readProgress(folder: string, epoch: number): number {
  return commitsIn(readSmallFile(join(folder, progressName), progressLength)?.toString('latin1') ?? '', epoch);
}

/**
 * Notes how many commits there were, if that is more than is noted. It need not survive a power cut: then it says less
 * than is true, which is true as well.
 */
export function writeProgress(folder: string, epoch: number, commits: number): void {
  replaceBytes(join(folder, progressName), progressLength, (present) =>
    commitsIn(present, epoch) >= commits
      ? null
      : [epoch, commits].map((number) => String(number).padStart(16, '0')).join(' '),
  );
}

function commitsIn(progress: string, epoch: number): number {
  const [ofEpoch, commits] = progress.split(' ').map(Number);
  return ofEpoch === epoch && isToken(commits) ? commits : 0;
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

export function numberOf(path: string): FileNumber {
  const { ino, dev } = statSync(path, { bigint: true });
  const boot = process.platform === 'linux' ? readSmallFile('/proc/sys/kernel/random/boot_id', 64) : null;
  return { ino: String(ino), dev: String(dev), boot: boot?.toString().trim() ?? '' };
}

/** Volumes are numbered anew at each start of the system: then only the file's own number tells. */
export function isSameFile(one: FileNumber, other: FileNumber): boolean {
  const sameStart = one.boot !== '' && one.boot === other.boot;
  return one.ino === other.ino && (!sameStart || one.dev === other.dev);
}

function makeIfAbsent(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 }); // not with what is above it: that must be there
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Readers see the old content or the new one, whole; durably. */
export function replaceFile(folder: string, name: string, content: string): void {
  const draft = join(folder, `${name}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: 0o600, flush: true });
    renameSync(draft, join(folder, name));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder);
}
