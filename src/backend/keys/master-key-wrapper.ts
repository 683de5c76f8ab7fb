import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { openBox, sealBox } from './box.js';
import type { KeyWrapper, WrappingContext } from './key-wrapper.js';
import type { MasterKey, MasterKeys } from './master-key.js';

// version 1 | box over the key
const version = 1;

/**
 * A master key as a wrapper, so that keys of a store are wrapped the same way with and without a KMS. It answers at once.
 * What it cannot open is `SEALED_KEY_INVALID`, not `KEY_WRAPPER_FAILED`: whoever gave 32 bytes knows of no wrapper, and
 * has a backup to restore rather than a service to look after.
 */
export function masterKeyWrapper(master: MasterKey, randomBytes: (length: number) => Uint8Array): KeyWrapper {
  return {
    id: master.id,

    wrap(key, context) {
      const box = sealBox(master.wrappingKey, key, additionalData(context), randomBytes);
      return Buffer.concat([Uint8Array.of(version), box]);
    },

    unwrap(wrapped, context) {
      const box = wrapped.subarray(1);
      const key = wrapped[0] === version ? openBox(master.wrappingKey, box, additionalData(context)) : null;
      if (!key) throw invalid();
      return key;
    },
  };
}

/** All keys as wrappers, in their order. */
export function wrappersOf(
  [first, ...others]: MasterKeys,
  randomBytes: (length: number) => Uint8Array,
): [KeyWrapper, ...KeyWrapper[]] {
  const toWrapper = (key: MasterKey | KeyWrapper) =>
    'wrap' in key ? asItIsNow(key) : masterKeyWrapper(key, randomBytes);
  return [toWrapper(first), ...others.map(toWrapper)];
}

/** What was wrapped under one id would not be found under another, so it keeps the one that it came with. */
function asItIsNow(wrapper: KeyWrapper): KeyWrapper {
  return {
    id: wrapper.id,
    wrap: (key, context) => wrapper.wrap(key, context),
    unwrap: (wrapped, context) => wrapper.unwrap(wrapped, context),
  };
}

/** Sorted by name, and escaped as in a URL: the same context gives the same bytes, and no two contexts do. */
function additionalData(context: WrappingContext): string {
  const lines = Object.keys(context)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(String(context[name]))}`);
  return ['pixstore/wrapped-key/v1', ...lines].join('\n');
}

function invalid(): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'A stored key of the whole store does not open with its master key: its row was changed, or moved from another place. Restore the database from a backup.',
  );
}
