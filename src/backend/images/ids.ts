import { kindOf, readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isImageId, normalizeDir } from '../../shared/protocol/image-id.js';
import { type Audience, type AudienceOptions, audienceIn } from '../keys/audience.js';
import type { RandomBytes } from './encryption.js';

/** Where a new image goes, a folder, an id of the application's own, or both; and for whom its record is. */
export interface SaveOptions extends AudienceOptions {
  /** A folder: it becomes the part of the id before the colon. */
  dir?: string;
  /** An id of your own, `[A-Za-z0-9_-]{1,128}`, such as a player's id. One that exists is refused. Default: random. */
  id?: string;
}

const randomKeyBytes = 16;

/** Where a new image goes, as it was given; `newImageId` checks it. */
interface Destination {
  dir?: unknown;
  id?: unknown;
}

/** @throws PixstoreError `IMAGE_DIR_INVALID`, `CONFIG_INVALID` or `AUDIENCE_INVALID` */
export function readSaveOptions(where: string | SaveOptions | null | undefined): Destination & { audience: Audience } {
  if (where === undefined || where === null) return { audience: null };
  if (typeof where === 'string') return { dir: where, audience: null };
  if (typeof where !== 'object' || Array.isArray(where)) throw invalidDir(`${kindOf(where)} was given`);
  const { dir, id, ...who } = readCallOptions(where, ['dir', 'id', 'audience'], 'saveImage');
  return { dir, id, audience: audienceIn(who) };
}

/**
 * @returns the id a new image gets, and whether the application chose it
 * @throws PixstoreError `IMAGE_DIR_INVALID` or `IMAGE_ID_INVALID`
 */
export function newImageId({ dir, id: key }: Destination, randomBytes: RandomBytes): { id: string; chosen: boolean } {
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
    `${typeof id === 'string' ? 'The image id' : `An image id must be a string, ${kindOf(id)} was given; it`} must be "key" or "dir:key": dir of a-z, 0-9, _ and -, key of 1 to 128 letters, digits, _ and -.`,
  );
}

/** @throws PixstoreError `IMAGE_ID_INVALID` unless it could be the id of an image or of a variant */
export function requirePartId(id: unknown): string {
  return isImageId(id) ? id : requireImageId(id);
}

/**
 * The folder that is meant by a name, for a work that cannot be undone: as it is given, or not at all.
 *
 * @throws PixstoreError `IMAGE_DIR_INVALID`
 */
export function requireDir(dir: unknown): string {
  if (typeof dir !== 'string') throw invalidDir(`${kindOf(dir)} was given`);
  if (dir !== '' && dir === normalizeDir(dir)) return dir;
  throw invalidDir(dir === '' ? 'nothing was given' : 'there is something else in what was given');
}

function usableDir(dir: unknown): string {
  if (typeof dir !== 'string') throw invalidDir(`${kindOf(dir)} was given`);
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
