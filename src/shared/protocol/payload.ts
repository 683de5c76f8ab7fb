import { PixstoreError } from '../errors/pixstore-error.js';
import { isToken } from './image-id.js';
import { ciphertextAt, ivAt, keyAt, tagAt, tokenAt } from './layout.js';
import { type BareState, isBareState, success, updated } from './states.js';

/** What decrypts one ciphertext. */
export interface DecryptionKey {
  key: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
}

/** The answer to one image request. docs/wire-format.md has the bytes. */
export type WirePayload =
  | { state: typeof success; ciphertext: Uint8Array }
  | ({ state: typeof updated; token: number; ciphertext: Uint8Array } & DecryptionKey)
  | { state: BareState };

export function encodePayload(payload: WirePayload): Uint8Array {
  if (payload.state === success) {
    const bytes = new Uint8Array(1 + payload.ciphertext.length);
    bytes.set(payload.ciphertext, 1);
    return bytes;
  }
  if (payload.state === updated) {
    const bytes = new Uint8Array(ciphertextAt + payload.ciphertext.length);
    bytes.set(encodeUpdatedHead(payload));
    bytes.set(payload.ciphertext, ciphertextAt);
    return bytes;
  }
  return Uint8Array.of(payload.state);
}

/** What stands before the ciphertext in an Updated payload. */
export function encodeUpdatedHead({ token, key, iv, tag }: DecryptionKey & { token: number }): Uint8Array {
  const bytes = new Uint8Array(ciphertextAt);
  bytes[0] = updated;
  new DataView(bytes.buffer).setBigUint64(tokenAt, BigInt(token), true);
  bytes.set(key, keyAt);
  bytes.set(iv, ivAt);
  bytes.set(tag, tagAt);
  return bytes;
}

/** A payload that brings an image. */
export type ImagePayload = Exclude<WirePayload, { state: BareState }>;

/**
 * Reads a payload. The byte fields are views into `bytes`, not copies.
 *
 * @throws PixstoreError `PAYLOAD_INVALID` when it is empty, cut off or in no known state
 */
export function decodePayload(bytes: Uint8Array): WirePayload {
  const state = bytes[0];
  if (isBareState(state) && bytes.length === 1) return { state };
  return decodeImagePayload(bytes);
}

/** Reads a payload that must bring an image; see {@link decodePayload}. */
export function decodeImagePayload(bytes: Uint8Array): ImagePayload {
  const state = bytes[0];
  if (state === success && bytes.length > 1) return { state, ciphertext: bytes.subarray(1) };
  if (state === updated && bytes.length > ciphertextAt) {
    const token = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(tokenAt, true));
    if (isToken(token)) {
      return {
        state,
        token,
        key: bytes.subarray(keyAt, ivAt),
        iv: bytes.subarray(ivAt, tagAt),
        tag: bytes.subarray(tagAt, ciphertextAt),
        ciphertext: bytes.subarray(ciphertextAt),
      };
    }
  }
  throw new PixstoreError('PAYLOAD_INVALID', 'The answer is no payload: pass it on unchanged.');
}
