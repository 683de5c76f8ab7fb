/**
 * Names of blobs, as rows have them. A row may have been written by somebody else, so a name becomes part of a path
 * only when it is one of these:
 *
 * - `<session>/<blob>`, below the folder of the store (see `mark.ts`)
 * - `<xx>/<blob>`, right below the folder of all stores: what stores of schema 1 wrote
 */
const blobName = /^(?:[0-9a-f]{16}|[0-9a-f]{2})\/[0-9a-f]{32}$/;

export const sessionPattern = /^[0-9a-f]{16}$/;
export const storeIdPattern = /^[0-9a-f]{32}$/;

export function isBlobName(value: unknown): value is string {
  return typeof value === 'string' && blobName.test(value);
}

/** Was it written by a store of schema 1? Those did not say whose it is. */
export function isUnmarkedBlob(name: string): boolean {
  return name[2] === '/';
}
