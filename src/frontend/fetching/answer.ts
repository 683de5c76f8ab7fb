import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { decodePayload, type WirePayload } from '../../shared/wire/payload.js';
import { type BareState, WirePayloadState } from '../../shared/wire/states.js';

/** A payload that brought an image. */
export type ImageAnswer = Exclude<WirePayload, { state: BareState }>;

const refusals: Readonly<Record<BareState, readonly [PixstoreErrorCode, string]>> = {
  [WirePayloadState.NotFound]: ['IMAGE_NOT_FOUND', 'The image does not exist any more.'],
  [WirePayloadState.MissingID]: ['ID_MISSING', 'The request named no image: check the fetcher.'],
  [WirePayloadState.MissingProof]: ['PROOF_MISSING', "The request carried no proof: send the record's statelessProof."],
  [WirePayloadState.InvalidProof]: [
    'PROOF_INVALID',
    'The proof is expired or not its own: ask your API for a fresh record.',
  ],
  [WirePayloadState.InternalError]: ['SERVER_FAILED', 'The endpoint failed inside: see its log.'],
  [WirePayloadState.RateLimited]: ['RATE_LIMITED', 'Too many requests: try later.'],
};

/**
 * Reads a wire payload that must bring an image.
 *
 * @throws PixstoreError `PAYLOAD_INVALID` when it cannot be read, else the code of the state it is in
 */
export function readAnswer(bytes: Uint8Array): ImageAnswer {
  const payload = decodePayload(bytes);
  if (payload.state === WirePayloadState.Success || payload.state === WirePayloadState.Updated) return payload;
  throw new PixstoreError(...refusals[payload.state]);
}
