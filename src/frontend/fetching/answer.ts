import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { decodeImagePayload } from '../../shared/wire/payload.js';
import { type BareState, invalidProof } from '../../shared/wire/states.js';
import type { ImageRecord } from '../../types/index.js';
import { encodeMeta, versionOf } from '../record.js';
import { TransientError } from './errors.js';

interface Refusal {
  code: PixstoreErrorCode;
  message: string;
}

const expired: Refusal = { code: 'PROOF_INVALID', message: 'The proof is expired: get a fresh record.' };

// By the numbers of the states: a page need not load their names.
const refusals: Readonly<Record<BareState, Refusal>> = {
  2: { code: 'IMAGE_NOT_FOUND', message: 'The image was deleted.' },
  3: { code: 'ID_MISSING', message: 'The request reached the backend without an id: what is between may rewrite it.' },
  4: { code: 'PROOF_MISSING', message: 'The request reached the backend without a proof: pass records on unchanged.' },
  [invalidProof]: expired,
  6: { code: 'SERVER_FAILED', message: 'The backend failed: see its log.' },
  9: { code: 'RATE_LIMITED', message: 'The backend has too many requests at the moment: try again later.' },
};

/** What a proof gets that the backend refused, or is known to refuse. */
export const proofInvalid = () => errorOf(expired);

function errorOf({ code, message }: Refusal): PixstoreError {
  return new PixstoreError(code, message);
}

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
  if (refusal) throw errorOf(refusal);
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
