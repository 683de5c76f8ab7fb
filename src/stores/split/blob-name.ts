import { randomBytes } from 'node:crypto';

/**
 * Names of blobs, as rows have them: `<session>/<blob>`. A row may have been written by somebody else, so a name is looked
 * for only when it is one of these.
 */
const blobName = /^[0-9a-f]{16}\/[0-9a-f]{32}$/;

export const sessionPattern = /^[0-9a-f]{16}$/;
export const storeIdPattern = /^[0-9a-f]{32}$/;

export function isSessionBlob(value: unknown): value is string {
  return typeof value === 'string' && blobName.test(value);
}

export function newSessionId(): string {
  return randomBytes(8).toString('hex');
}

export function newBlobName(session: string): string {
  return `${session}/${randomBytes(16).toString('hex')}`;
}
