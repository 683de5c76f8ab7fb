import { createCipheriv, createDecipheriv } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { ivLength, keyLength, tagLength } from '../../shared/wire/layout.js';
import type { KeyWrapper, WrappingContext } from './key-wrapper.js';
import type { MasterKey } from './master-key.js';

// version 1 | iv 12 | key, encrypted 32 | tag 16
const version = 1;
const ivAt = 1;
const bodyAt = ivAt + ivLength;
const tagAt = bodyAt + keyLength;
const wrappedLength = tagAt + tagLength;

/**
 * A master key as a wrapper, so that keys of a store are wrapped the same way with and without a KMS. It answers at once.
 * What it cannot open is `SEALED_KEY_INVALID`, not `KEY_WRAPPER_FAILED`: whoever gave 32 bytes knows of no wrapper, and
 * has a backup to restore rather than a service to look after.
 */
export function masterKeyWrapper(master: MasterKey, randomBytes: (length: number) => Uint8Array): KeyWrapper {
  return {
    id: master.id,

    wrap(key, context) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', master.wrappingKey, iv);
      cipher.setAAD(additionalData(context));
      const encrypted = Buffer.concat([cipher.update(key), cipher.final()]);
      return Buffer.concat([Uint8Array.of(version), iv, encrypted, cipher.getAuthTag()]);
    },

    unwrap(wrapped, context) {
      if (wrapped.length !== wrappedLength || wrapped[0] !== version) throw invalid();
      const decipher = createDecipheriv('aes-256-gcm', master.wrappingKey, wrapped.subarray(ivAt, bodyAt), {
        authTagLength: tagLength,
      });
      decipher.setAAD(additionalData(context));
      decipher.setAuthTag(wrapped.subarray(tagAt));
      try {
        return Buffer.concat([decipher.update(wrapped.subarray(bodyAt, tagAt)), decipher.final()]);
      } catch (cause) {
        throw invalid(cause);
      }
    },
  };
}

/** Sorted by name, and escaped as in a URL: the same context gives the same bytes, and no two contexts do. */
function additionalData(context: WrappingContext): Uint8Array {
  const lines = Object.keys(context)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(String(context[name]))}`);
  return Buffer.from(['pixstore/wrapped-key/v1', ...lines].join('\n'));
}

function invalid(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'A stored key of the whole store does not open with its master key: its row was changed, or moved from another place. Restore the database from a backup.',
    { cause },
  );
}
