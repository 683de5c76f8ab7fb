import { fstatSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isNotThere, readOnly, withFile } from '../folder/small-files.js';
import { storeIdPattern } from '../split/blob-name.js';
import { replaceFile } from './mark.js';

/**
 * Blobs of schema 1 lie in no store's folder, and two stores, or a database and its copy, may name the same. Each store
 * lists what it came with, a name a line, in their order; and one that another store came with as well is left alone.
 */
const listName = 'taken-over';
const nameLength = 35; // "ab/" and 32 digits
const lineLength = nameLength + 1;

export function writeTakenOver(folder: string, names: Iterable<string>): void {
  const lines = [...names].map((name) => `${name}\n`).join('');
  if (lines !== '') replaceFile(folder, listName, lines);
}

/** Did another store in this folder come with this blob? Also true when that cannot be told. */
export function isTakenOverByOthers(root: string, storeId: string, name: string): boolean {
  return readdirSync(root)
    .filter((id) => storeIdPattern.test(id) && id !== storeId)
    .some((id) => isListed(join(root, id, listName), name));
}

function isListed(path: string, name: string): boolean {
  try {
    return withFile(path, readOnly, (file) => isInOrder(file, name)) ?? true;
  } catch (error) {
    return !isNotThere(error);
  }
}

function isInOrder(file: number, name: string): boolean {
  const line = Buffer.alloc(nameLength);
  let from = 0;
  let to = Math.floor(fstatSync(file).size / lineLength);
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    readSync(file, line, 0, nameLength, middle * lineLength);
    const found = line.toString('latin1');
    if (found === name) return true;
    if (found < name) from = middle + 1;
    else to = middle;
  }
  return false;
}
