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

/** @param begun - ms since 1970: ids of later sessions are greater, by the second */
export function newSessionId(begun: number): string {
  return secondsOf(begun) + randomBytes(4).toString('hex');
}

/** The beginning of all ids of sessions that began in the same second. */
export function secondsOf(time: number): string {
  const seconds = Math.min(Math.max(Math.floor(time / 1000), 0), 0xffff_ffff);
  return seconds.toString(16).padStart(8, '0');
}

/** When a session began, in ms since 1970, to the second. */
export function begunOf(session: string): number {
  return Number.parseInt(session.slice(0, 8), 16) * 1000;
}

export function newBlobName(session: string): string {
  return `${session}/${randomBytes(16).toString('hex')}`;
}
