import { hkdfSync } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type KeyWrapper, requireKeyWrapper } from './key-wrapper.js';

/** A master key, taken apart: the secret itself is not kept. */
export interface MasterKey {
  /** Names the key without telling anything of it: 16 hex digits. */
  readonly id: string;
  readonly sealingKey: Uint8Array;
  readonly wrappingKey: Uint8Array;
  readonly proofKey: Uint8Array;
}

/** What opens the store's own keys: the first also wraps what is new, all unwrap. */
export type MasterKeys = readonly [MasterKey | KeyWrapper, ...(MasterKey | KeyWrapper)[]];

/** Those that are master keys, and no wrappers of the application's. */
export function mastersOf(masterKeys: MasterKeys): MasterKey[] {
  return masterKeys.filter((key) => 'wrappingKey' in key);
}

export const masterKeyLength = 32;

/** Derives what is used from 32 secret bytes, so that no key serves two purposes. */
export function deriveMasterKey(secret: Uint8Array): MasterKey {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `pixstore/${purpose}/v1`, length));
  return {
    id: derive('key-id', 8).toString('hex'),
    sealingKey: derive('seal', 32),
    wrappingKey: derive('wrap', 32),
    proofKey: derive('proof', 32),
  };
}

/**
 * Reads master keys from their text form. What is a key wrapper stays one.
 *
 * @param source - what to name in the error
 * @throws PixstoreError `MASTER_KEY_INVALID`, or `CONFIG_INVALID` for what is neither text nor a wrapper
 */
export function parseMasterKeys(keys: readonly (string | KeyWrapper)[], source: string): MasterKeys {
  const [first, ...others] = keys.map((given, index) => {
    const which = keys.length > 1 ? `Key ${index + 1} of ${source}` : `The key in ${source}`;
    return typeof given === 'string' ? parseMasterKey(given.trim(), which) : requireKeyWrapper(given, source);
  });
  if (first) return [first, ...others];
  throw new PixstoreError(
    'MASTER_KEY_INVALID',
    `There is no key in ${source}. Give one of ${masterKeyLength} bytes in base64 or hex.`,
  );
}

function parseMasterKey(text: string, which: string): MasterKey {
  const secret = decodeSecret(text);
  if (secret && !isBlank(secret)) return deriveMasterKey(secret);
  let problem = `is not ${masterKeyLength} bytes in base64 or hex`;
  if (text === '') problem = 'is there, but empty';
  if (secret) problem = 'is blank: all of its bits are the same';
  throw new PixstoreError('MASTER_KEY_INVALID', `${which} ${problem}. Make one with "openssl rand -base64 32".`);
}

/** What memory and disks hold before anything is written to them is no secret. */
function isBlank(secret: Uint8Array): boolean {
  return [0x00, 0xff].some((blank) => secret.every((byte) => byte === blank));
}

function decodeSecret(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const secret = Buffer.from(text, 'base64');
  return secret.length === masterKeyLength ? secret : undefined;
}
