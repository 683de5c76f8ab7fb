import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { decodeImagePayload, type ImagePayload } from '../../shared/wire/payload.js';
import { type BareState, invalidProof } from '../../shared/wire/states.js';

// By the numbers of the states: a page need not load their names.
const refusals: Readonly<Record<BareState, readonly [PixstoreErrorCode, string]>> = {
  2: ['IMAGE_NOT_FOUND', 'The image was deleted.'],
  3: ['ID_MISSING', 'The request had no id.'],
  4: ['PROOF_MISSING', 'The request had no proof.'],
  [invalidProof]: ['PROOF_INVALID', 'The proof is expired: get a fresh record.'],
  6: ['SERVER_FAILED', 'The backend failed: see its log.'],
  9: ['RATE_LIMITED', 'Too many requests.'],
};

/**
 * Reads a wire payload that must bring an image.
 *
 * @throws PixstoreError `PAYLOAD_INVALID` when it cannot be read, else the code of the state it is in
 */
export function readAnswer(bytes: Uint8Array): ImagePayload {
  const refusal = bytes.length === 1 && refusals[bytes[0] as BareState];
  if (refusal) throw new PixstoreError(...refusal);
  return decodeImagePayload(bytes);
}
