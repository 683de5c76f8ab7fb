import { kindOf } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../../shared/maybe-promise.js';

/**
 * What a wrapped key is for, as names and values. A KMS binds it to what it wraps: AWS KMS calls it `EncryptionContext`,
 * Vault `associated_data`.
 */
export type WrappingContext = Readonly<Record<string, string>>;

/**
 * Keeps the keys of a store safe under a key that never leaves its KMS (or TPM, or key server). It is asked when the
 * store is opened and when keys are exchanged, never for an image, so that a KMS that is down does not stop a server that
 * is up. What it fails with is kept as the cause of `KEY_WRAPPER_FAILED` or `KEY_WRAPPER_TIMEOUT`.
 *
 * Whoever can have it unwrap can open every image, and without its key no image opens: keep that key as long as the
 * store and its backups. docs/key-wrappers.md has wrappers for AWS KMS and Vault, and `keyWrapperSuite` of
 * `pixstore/testing` checks one of your own.
 *
 * @example
 * const wrapper: KeyWrapper = {
 *   id: 'hsm:images-2026',
 *   wrap: (bytes, context) => hsm.encrypt('images-2026', bytes, context),
 *   unwrap: (wrapped, context) => hsm.decrypt('images-2026', wrapped, context),
 * };
 */
export interface KeyWrapper {
  /**
   * Names the key, not the wrapper: 1 to 256 characters, kept in the clear beside what it wrapped. Another key needs
   * another id; the same key keeps its id for good, also when the KMS rotates what is behind it.
   */
  readonly id: string;
  /**
   * @param bytes - a key of 32 bytes; a copy, which the wrapper may overwrite once it has wrapped it
   * @param context - what the key is for. The same is given to `unwrap`; what was wrapped must not open with another
   * @returns 1 byte to 16 KiB, which do not have the key in the clear
   */
  wrap(bytes: Uint8Array, context: WrappingContext): MaybePromise<Uint8Array>;
  /**
   * @param wrapped - what `wrap` gave, maybe years ago; or what somebody put in its place, which it must refuse
   * @returns the 32 bytes that were wrapped
   * @throws whatever it likes when the bytes or the context are not those that were wrapped
   */
  unwrap(wrapped: Uint8Array, context: WrappingContext): MaybePromise<Uint8Array>;
}

const longestId = 256;

// Ids go into databases, which keep no half characters, and into messages, which have no line breaks.
const unfitForId = /[\p{Cc}\p{Surrogate}]/u;

export function isKeyWrapper(value: unknown): value is KeyWrapper {
  return problemOf(value) === null;
}

/**
 * @param source - who gave it, for the message
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function requireKeyWrapper(value: unknown, source: string): KeyWrapper {
  if (isKeyWrapper(value)) return value;
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The key wrapper in ${source} ${problemOf(value)}. It is an object with an id and the functions wrap and unwrap.`,
  );
}

/** What keeps it from being a wrapper. The value itself may be a secret, such as a master key in the wrong place. */
function problemOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || value instanceof Promise) return `is ${kindOf(value)}`;
  const { id, wrap, unwrap } = value as Partial<Record<keyof KeyWrapper, unknown>>;
  if (typeof wrap !== 'function') return 'has no function wrap';
  if (typeof unwrap !== 'function') return 'has no function unwrap';
  if (typeof id === 'string' && id !== '' && id.length <= longestId && !unfitForId.test(id)) return null;
  return `has no id of 1 to ${longestId} characters, none of them a control character`;
}
