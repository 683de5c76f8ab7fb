import type { PixstoreErrorCode } from './codes.js';

/** The HTTP statuses that errors of pixstore are answered with. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504 | 507;

/** Of what pages can meet, as far as it is not 500. Every page loads this table, and no page the rest of it. */
export const pageStatuses = {
  IMAGE_ID_INVALID: 400,
  IMAGE_NOT_FOUND: 404,
  PAYLOAD_INVALID: 502,
  RECORD_INVALID: 400,
  FETCH_FAILED: 502,
  FETCH_TIMEOUT: 504,
  PROOF_MISSING: 403,
  PROOF_INVALID: 403,
  ACCESS_REFUSED: 403,
  ID_MISSING: 400,
  RATE_LIMITED: 429,
  DECRYPTION_FAILED: 502,
  CACHE_CLEARED: 401,
  FORMAT_REFUSED: 415,
} as const satisfies Partial<Record<PixstoreErrorCode, ErrorStatus>>;

let known: Partial<Record<PixstoreErrorCode, ErrorStatus>> = pageStatuses;

/** For a side that raises other codes than pages do. Called once, with constants, where its modules are loaded. */
export function knowStatuses(statuses: Record<PixstoreErrorCode, ErrorStatus>): void {
  known = statuses;
}

export function statusOf(code: PixstoreErrorCode): ErrorStatus {
  return known[code] ?? 500;
}
