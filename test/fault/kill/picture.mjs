import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

// What makes bytes a PNG to a library that decodes nothing: signature, IHDR of 16 x 16 pixels, an empty IDAT, IEND.
const png = Buffer.from(
  '89504e470d0a1a0a0000000d4948445200000010000000100802000000909168360000000049444154' +
    '35af061e0000000049454e44ae426082',
  'hex',
);

/**
 * An image of so many bytes that is different for every name.
 *
 * @param {string} name
 * @param {number} length
 */
export function makePicture(name, length) {
  const noise = createCipheriv('aes-256-ctr', createHash('sha256').update(name).digest(), Buffer.alloc(16));
  return Buffer.concat([png, noise.update(Buffer.alloc(length - png.length))]);
}

/** @param {Uint8Array} bytes */
export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 32);

const [keyAt, ivAt, tagAt, ciphertextAt] = [9, 41, 53, 69];

/**
 * The token and the image of a wire payload in state Updated, decrypted as a browser would.
 *
 * @param {Uint8Array} payload
 */
export function openPayload(payload) {
  const bytes = Buffer.from(payload);
  if (bytes[0] !== 1) throw new Error(`expected state 1, got ${bytes[0]}`);
  const decipher = createDecipheriv('aes-256-gcm', bytes.subarray(keyAt, ivAt), bytes.subarray(ivAt, tagAt));
  decipher.setAuthTag(bytes.subarray(tagAt, ciphertextAt));
  const plaintext = Buffer.concat([decipher.update(bytes.subarray(ciphertextAt)), decipher.final()]);
  return { token: Number(bytes.readBigUInt64LE(1)), image: plaintext.subarray(1) };
}
