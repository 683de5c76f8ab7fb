import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { decodeImagePayload } from '../../shared/protocol/payload.js';
import { type BareState, invalidProof } from '../../shared/protocol/states.js';
import type { ImageRecord } from '../../types/index.js';
import { FetchError } from '../network/errors.js';
import { encodeMeta, versionOf } from './record.js';

// By the numbers of the states: a page need not load their names.
const refusals: Readonly<Record<BareState, readonly [code: PixstoreErrorCode, message: string]>> = {
  2: ['IMAGE_NOT_FOUND', 'The image was deleted.'],
  3: ['ID_MISSING', 'The backend got no id: pass requests on unchanged.'],
  4: ['PROOF_MISSING', 'The backend got no proof: pass requests on unchanged.'],
  [invalidProof]: ['PROOF_INVALID', 'The proof is expired: get a fresh record.'],
  6: ['SERVER_FAILED', 'The backend failed: see its log.'],
  9: ['RATE_LIMITED', 'The backend has too many requests: try again later.'],
};

/** What a proof gets that the backend refused, or is known to refuse. */
export const proofInvalid = () => new PixstoreError(...refusals[invalidProof]);

/** The image that an endpoint sent: its version, what opens it, and its ciphertext. */
export interface AnsweredImage extends Omit<ImageRecord, 'statelessProof'> {
  ciphertext: Uint8Array;
}

/**
 * Reads a wire payload that must bring an image.
 *
 * @param record - what was asked for: an older version than it names is never shown
 * @throws PixstoreError `PAYLOAD_INVALID` when it cannot be read, or brings another version than may follow the
 * record's; else the code of the state it is in
 */
export function readAnswer(bytes: Uint8Array, record: ImageRecord): AnsweredImage {
  const refusal = bytes.length === 1 ? refusals[bytes[0] as BareState] : undefined;
  if (refusal) throw new PixstoreError(...refusal);
  const answer = decodeImagePayload(bytes);
  const { ciphertext } = answer;
  const { id, token, meta } = record;
  if (!('token' in answer)) return { id, token, meta, ciphertext };
  const current = { id, token: answer.token, meta: encodeMeta(answer), ciphertext };
  // Somebody plays an old answer, the backend went back in time, or, for a moment, a replica is behind.
  if (current.token < token) throw new FetchError('PAYLOAD_INVALID', 'The answer is older than the record.');
  if (current.token === token && versionOf(current) !== versionOf(record)) {
    throw new PixstoreError('PAYLOAD_INVALID', 'The answer has another key than the record.');
  }
  return current;
}
