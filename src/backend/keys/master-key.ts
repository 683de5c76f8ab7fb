import { hkdfSync } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** A master key, taken apart: the secret itself is not kept. */
export interface MasterKey {
  /** Names the key without telling anything of it: 16 hex digits. */
  readonly id: string;
  readonly sealingKey: Uint8Array;
  readonly wrappingKey: Uint8Array;
  readonly proofKey: Uint8Array;
}

/** The key that seals and signs (the first), and all that open and verify. */
export type Keyring = readonly [MasterKey, ...MasterKey[]];

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
 * Reads master keys from their text form.
 *
 * @param source - what to name in the error
 * @throws PixstoreError `MASTER_KEY_INVALID`
 */
export function parseKeyring(keys: readonly string[], source: string): Keyring {
  const parsed = keys.map((given, index) => {
    const text = given.trim();
    const secret = decodeSecret(text);
    if (secret && !isBlank(secret)) return deriveMasterKey(secret);
    const which = keys.length > 1 ? `Key ${index + 1} of ${source}` : `The key in ${source}`;
    let problem = `is not ${masterKeyLength} bytes in base64 or hex`;
    if (text === '') problem = 'is there, but empty';
    if (secret) problem = 'is blank: all of its bits are the same';
    throw new PixstoreError('MASTER_KEY_INVALID', `${which} ${problem}. Make one with "openssl rand -base64 32".`);
  });
  const [first, ...others] = parsed;
  if (!first)
    throw new PixstoreError(
      'MASTER_KEY_INVALID',
      `There is no key in ${source}. Give one of ${masterKeyLength} bytes in base64 or hex.`,
    );
  return [first, ...others];
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
