import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { decodeImagePayload } from '../../shared/protocol/payload.js';
import { type BareState, invalidProof } from '../../shared/protocol/states.js';
import type { ImageRecord } from '../../types/index.js';
import { TransientError } from '../network/errors.js';
import { encodeMeta, versionOf } from './record.js';

/** What a proof gets that the backend refused, or is known to refuse. */
export const proofInvalid = () => new PixstoreError('PROOF_INVALID', 'The proof is expired: get a fresh record.');

// By the numbers of the states: a page need not load their names.
const refusals: Readonly<Record<BareState, () => PixstoreError>> = {
  2: () => new PixstoreError('IMAGE_NOT_FOUND', 'The image was deleted.'),
  3: () => new PixstoreError('ID_MISSING', 'The backend got no id: what is between may rewrite requests.'),
  4: () => new PixstoreError('PROOF_MISSING', 'The backend got no proof: pass records on unchanged.'),
  [invalidProof]: proofInvalid,
  6: () => new PixstoreError('SERVER_FAILED', 'The backend failed: see its log.'),
  9: () => new PixstoreError('RATE_LIMITED', 'The backend has too many requests: try again later.'),
};

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
  if (refusal) throw refusal();
  const answer = decodeImagePayload(bytes);
  const { ciphertext } = answer;
  const { id, token, meta } = record;
  if (!('token' in answer)) return { id, token, meta, ciphertext };
  const current = { id, token: answer.token, meta: encodeMeta(answer), ciphertext };
  // Somebody plays an old answer, the backend went back in time, or, for a moment, a replica is behind.
  if (current.token < token) throw new TransientError('PAYLOAD_INVALID', 'The answer is older than the record.');
  if (current.token === token && versionOf(current) !== versionOf(record)) {
    throw new PixstoreError('PAYLOAD_INVALID', 'The answer has another key than the record of the same version.');
  }
  return current;
}
