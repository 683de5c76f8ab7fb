import { kindOf, readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf, isDir, isExistingDir, isImageId } from '../../shared/protocol/image-id.js';
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
  if (typeof where !== 'object' || Array.isArray(where)) throw invalidDir(where);
  const { dir, id, ...who } = readCallOptions(where, ['dir', 'id', 'audience'], 'saveImage');
  return { dir, id, audience: audienceIn(who) };
}

/**
 * @returns the id a new image gets, and whether the application chose it
 * @throws PixstoreError `IMAGE_DIR_INVALID` or `IMAGE_ID_INVALID`
 */
export function newImageId({ dir, id: key }: Destination, randomBytes: RandomBytes): { id: string; chosen: boolean } {
  const prefix = dir === undefined ? '' : `${requireNewDir(dir)}:`;
  if (key === undefined) {
    return { id: prefix + Buffer.from(randomBytes(randomKeyBytes)).toString('base64url'), chosen: false };
  }
  const id = requireImageId(typeof key === 'string' ? prefix + key : key);
  if (id.includes(':')) requireNewDir(folderOf(id));
  return { id, chosen: true };
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
 * Apart from the image's id, as the server's own calls are given it. Undefined is the original.
 *
 * @throws PixstoreError `IMAGE_ID_INVALID` unless it could be the name of a variant
 */
export function requireVariant(variant: unknown): string | undefined {
  if (variant === undefined || (typeof variant === 'string' && isImageId(`key.${variant}`))) return variant;
  throw new PixstoreError(
    'IMAGE_ID_INVALID',
    'The name of a variant is made of a-z, 0-9, _ and -, as it stands in ids after the dot. Leave it out for the original.',
  );
}

/**
 * The folder that is meant by a name, for a work that cannot be undone. Also one that could not be made any more.
 *
 * @throws PixstoreError `IMAGE_DIR_INVALID`
 */
export function requireDir(dir: unknown): string {
  if (isExistingDir(dir)) return dir;
  throw invalidDir(dir);
}

/** A name is taken as it is given, or not at all: two that differ must not lead to one folder. */
function requireNewDir(dir: unknown): string {
  if (isDir(dir)) return dir;
  throw invalidDir(dir, ' Leave it out for no folder.');
}

function invalidDir(dir: unknown, advice = ''): PixstoreError {
  let problem = `${kindOf(dir)} was given`;
  if (typeof dir === 'string') problem = isExistingDir(dir) ? `${dir.length} were given` : 'others were given';
  if (dir === '') problem = 'none were given';
  return new PixstoreError(
    'IMAGE_DIR_INVALID',
    `A folder name is 1 to 64 characters of a-z, 0-9, _ and -, but ${problem}.${advice}`,
  );
}
