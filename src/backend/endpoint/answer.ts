import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isImageId, isToken } from '../../shared/image-id.js';
import { encodePayload } from '../../shared/wire/payload.js';
import { WirePayloadState } from '../../shared/wire/states.js';
import type { Keyring } from '../keys/master-key.js';
import type { Proofs } from '../keys/proofs.js';
import { unsealKey } from '../keys/sealing.js';
import type { StoredPart } from '../storage/port.js';

/** What a client asks for. Nothing of it is trusted. */
export interface ImageRequest {
  id: unknown;
  /** The version the client has a key for. Absent: it wants the key too. */
  token: unknown;
  proof: unknown;
}

/**
 * Answers one image request with a wire payload, whatever transport it came by.
 *
 * @throws PixstoreError `TOKEN_INVALID`, or what the store throws
 */
export type Answer = (request: ImageRequest) => Promise<Uint8Array>;

export interface AnswerOptions {
  read(id: string): Promise<StoredPart | null>;
  keyring: Keyring;
  /** Null when proofs are switched off. */
  proofs: Proofs | null;
}

export function createAnswer({ read, keyring, proofs }: AnswerOptions): Answer {
  return async ({ id, token, proof }) => {
    if (isAbsent(id)) return encodePayload({ state: WirePayloadState.MissingID });
    // Before anything is looked up: an answer must not tell a stranger whether an id exists.
    if (proofs) {
      if (isAbsent(proof)) return encodePayload({ state: WirePayloadState.MissingProof });
      if (!isImageId(id) || typeof proof !== 'string' || !proofs.isGood(id, proof)) {
        return encodePayload({ state: WirePayloadState.InvalidProof });
      }
    }
    const clientToken = readToken(token);
    const part = isImageId(id) ? await read(id) : null;
    if (!part) return encodePayload({ state: WirePayloadState.NotFound });
    if (part.token === clientToken) {
      return encodePayload({ state: WirePayloadState.Success, ciphertext: part.ciphertext });
    }
    return encodePayload({ state: WirePayloadState.Updated, ...part, key: unsealKey(part.sealedKey, part, keyring) });
  };
}

/** Tokens arrive as text as often as numbers. @returns undefined when there is none */
function readToken(token: unknown): number | undefined {
  if (isAbsent(token)) return undefined;
  const read = typeof token === 'string' && /^\d{1,16}$/.test(token) ? Number(token) : token;
  if (isToken(read)) return read;
  throw new PixstoreError(
    'TOKEN_INVALID',
    'The token of an image request must be a whole number from 0 to 2^53 - 1, such as the one in its ImageRecord; leave it out to be sent the key as well.',
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
