import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isImageId, normalizeDir } from '../../shared/image-id.js';
import type { RandomBytes } from './encryption.js';

/** Where a new image goes: a folder, an id of the application's own, or both. */
export interface SaveOptions {
  /** A folder: it becomes the part of the id before the colon. */
  dir?: string;
  /** An id of your own, `[A-Za-z0-9_-]{1,128}`, such as a player's id. One that exists is refused. Default: random. */
  id?: string;
}

const randomKeyBytes = 16;

/**
 * @returns the id a new image gets, and whether the application chose it
 * @throws PixstoreError `IMAGE_DIR_INVALID` or `IMAGE_ID_INVALID`
 */
export function newImageId(
  where: string | SaveOptions | undefined,
  randomBytes: RandomBytes,
): { id: string; chosen: boolean } {
  const { dir, id: key } = readWhere(where);
  const prefix = dir === undefined ? '' : `${usableDir(dir)}:`;
  if (key === undefined) {
    return { id: prefix + Buffer.from(randomBytes(randomKeyBytes)).toString('base64url'), chosen: false };
  }
  return { id: requireImageId(typeof key === 'string' ? prefix + key : key), chosen: true };
}

/**
 * @throws PixstoreError `IMAGE_ID_INVALID` unless it could be the id of an image (not of a variant)
 */
export function requireImageId(id: unknown): string {
  if (isImageId(id) && !id.includes('.')) return id;
  throw new PixstoreError(
    'IMAGE_ID_INVALID',
    `${typeof id === 'string' ? 'The image id' : `An image id must be a string, ${typeof id} was given; it`} must be "key" or "dir:key": dir of a-z, 0-9, _ and -, key of 1 to 128 letters, digits, _ and -.`,
  );
}

function readWhere(where: string | SaveOptions | undefined): SaveOptions {
  if (where === undefined || where === null) return {};
  if (typeof where === 'string') return { dir: where };
  if (typeof where !== 'object') throw invalidDir(`a ${typeof where} was given`);
  const unknown = Object.keys(where).find((name) => name !== 'dir' && name !== 'id');
  if (unknown) {
    throw new PixstoreError('CONFIG_INVALID', `Saving has no option "${unknown}". It has: dir, id.`);
  }
  return where;
}

function usableDir(dir: unknown): string {
  if (typeof dir !== 'string') throw invalidDir(`a ${typeof dir} was given`);
  const usable = normalizeDir(dir);
  if (usable === '') throw invalidDir('nothing of what was given can be used');
  return usable;
}

function invalidDir(problem: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIR_INVALID',
    `A folder name is made of a-z, 0-9, _ and -, but ${problem}. Leave it out for no folder.`,
  );
}
