import { createDecipheriv } from 'node:crypto';

/** The states an image comes with: see docs/wire-format.md. */
export const states = { success: 0, updated: 1, notFound: 2, invalidProof: 5 };

/**
 * State 0 is the version of the record, state 1 a newer one that brings its key.
 *
 * @param {Buffer} payload
 * @param {{ key: string, iv: string, tag: string }} meta of the record
 * @returns {Buffer} the image file
 * @throws {Error} when the ciphertext is not what was encrypted
 */
export function decrypt(payload, meta) {
  if (payload[0] > states.updated) throw new Error(`answered with state ${payload[0]}`);
  const [key, iv, tag, ciphertext] =
    payload[0] === states.updated
      ? [payload.subarray(9, 41), payload.subarray(41, 53), payload.subarray(53, 69), payload.subarray(69)]
      : [...[meta.key, meta.iv, meta.tag].map((part) => Buffer.from(part, 'base64')), payload.subarray(1)];
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).subarray(1); // after the format byte
}

/** @param {number} size of an image in bytes @returns {number} what a payload of state 0 has: state, format byte, image */
export function payloadBytes(size) {
  return size + 2;
}

/** Takes the answer to a batch request apart. @param {Buffer} body */
export function readFrames(body) {
  const payloads = [];
  for (let at = 0; at < body.length; ) {
    const begin = at + 4;
    at = begin + body.readUInt32LE(at);
    if (at > body.length) throw new Error('A batch answer is cut off.');
    payloads.push(body.subarray(begin, at));
  }
  return payloads;
}
