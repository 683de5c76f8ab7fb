import { isSessionBlob } from '../split/blob-name.js';

/** `<xx>/<blob>`, right below the folder of all stores: what stores of schema 1 wrote. */
const unmarkedName = /^[0-9a-f]{2}\/[0-9a-f]{32}$/;

/**
 * Is it the name of a blob, as rows have them? A row may have been written by somebody else, so a name becomes part of a
 * path only when it is one.
 */
export function isBlobName(value: unknown): value is string {
  return isSessionBlob(value) || (typeof value === 'string' && unmarkedName.test(value));
}

/** Was it written by a store of schema 1? Those did not say whose it is. */
export function isUnmarkedBlob(name: string): boolean {
  return name[2] === '/';
}
