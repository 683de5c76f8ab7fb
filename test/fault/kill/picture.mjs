import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

// What makes bytes a PNG to a library that decodes nothing: signature, IHDR of 16 x 16 pixels, an IDAT, IEND.
const head = Buffer.from('89504e470d0a1a0a0000000d494844520000001000000010080200000090916836', 'hex');
const end = Buffer.from('0000000049454e44ae426082', 'hex');
const chunkOverhead = 12;

/**
 * An image of so many bytes that is different for every name.
 *
 * @param {string} name
 * @param {number} length
 */
export function makePicture(name, length) {
  const noise = createCipheriv('aes-256-ctr', createHash('sha256').update(name).digest(), Buffer.alloc(16));
  const pixels = Buffer.alloc(length - head.length - end.length);
  pixels.writeUInt32BE(pixels.length - chunkOverhead);
  pixels.write('IDAT', 4);
  noise.update(Buffer.alloc(pixels.length - chunkOverhead)).copy(pixels, 8);
  pixels.writeUInt32BE(crc32(pixels.subarray(4, -4)), pixels.length - 4);
  return Buffer.concat([head, pixels, end]);
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
