import { encodePayload } from '../../../src/shared/protocol/payload.js';
import { WirePayloadState } from '../../../src/shared/protocol/states.js';
import type { ImageRecord } from '../../../src/types/index.js';

/** An image as a backend would hand it out: its record, and the two payloads that can answer for it. */
export interface SealedImage {
  record: ImageRecord;
  bytes: Uint8Array;
  ciphertext: Uint8Array;
  success: Uint8Array;
  updated: Uint8Array;
}

/** Encrypts an image with WebCrypto, the way the wire format says. `formatByte` 1 is png. */
export async function sealImage({
  id = 'cats:tom',
  token = 1000,
  formatByte = 1,
  bytes = crypto.getRandomValues(new Uint8Array(300)),
} = {}): Promise<SealedImage> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const plaintext = new Uint8Array([formatByte, ...bytes]);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, imported, plaintext));
  const ciphertext = sealed.subarray(0, plaintext.length);
  const tag = sealed.subarray(plaintext.length);
  const base64 = (part: Uint8Array) => Buffer.from(part).toString('base64');
  return {
    record: { id, token, meta: { key: base64(key), iv: base64(iv), tag: base64(tag) }, statelessProof: 'proof' },
    bytes,
    ciphertext,
    success: encodePayload({ state: WirePayloadState.Success, ciphertext }),
    updated: encodePayload({ state: WirePayloadState.Updated, token, key, iv, tag, ciphertext }),
  };
}

export async function bytesOf(blob: Blob | null): Promise<Uint8Array> {
  if (!blob) throw new Error('getImage returned null');
  return new Uint8Array(await blob.arrayBuffer());
}
