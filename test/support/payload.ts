import { createDecipheriv } from 'node:crypto';
import { decodePayload, WirePayloadState } from '../../src/shared/index.js';
import type { ImageMeta, ImageRecord } from '../../src/types/index.js';

/** The name of the state that a payload begins with. */
export function stateOf(bytes: Uint8Array): string | undefined {
  const { state } = decodePayload(bytes);
  return Object.entries(WirePayloadState).find(([, value]) => value === state)?.[0];
}

/** The image file in a payload, decrypted with its own key when it carries one, else with that of the record. */
export function openPayload(bytes: Uint8Array, record: ImageRecord): Buffer {
  const payload = decodePayload(bytes);
  if (payload.state === WirePayloadState.Success) return decrypt(fromMeta(record.meta), payload.ciphertext);
  if (payload.state === WirePayloadState.Updated) return decrypt(payload, payload.ciphertext);
  throw new Error(`The payload is ${stateOf(bytes)}: it holds no picture.`);
}

interface Key {
  key: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
}

function fromMeta({ key, iv, tag }: ImageMeta): Key {
  return { key: Buffer.from(key, 'base64'), iv: Buffer.from(iv, 'base64'), tag: Buffer.from(tag, 'base64') };
}

function decrypt({ key, iv, tag }: Key, ciphertext: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return plaintext.subarray(1); // before the file's own bytes stands the format byte
}
