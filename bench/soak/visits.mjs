import { imageOf } from '../contestants/images.mjs';
import { decrypt, payloadBytes, readFrames, states } from '../http/payload.mjs';
import { getByQuery, postBatch } from '../http/requests.mjs';

/** @typedef {import('../http/requests.mjs').ImageRecord & { meta: { key: string, iv: string, tag: string } }} ImageRecord */
/** @typedef {{ record: ImageRecord, size: number }} Known an image, and how many bytes it must have */

/**
 * A request, and how to know its answer.
 *
 * @typedef {object} Visit
 * @property {'single' | 'batch' | 'forged'} kind
 * @property {Buffer} request
 * @property {(answer: import('../http/connection.mjs').Answer, decrypting: boolean) => void} check throws when it is
 *   not what it must be
 */

const perBatch = 50;
const shares = { batch: 0.1, forged: 0.02 };

/**
 * Requests of any of the images: mostly single ones, some batches, and some with a proof that is not good.
 *
 * @param {Known[]} images
 * @param {number} count
 * @returns {Visit[]}
 */
export function makeVisits(images, count) {
  const any = () => images[Math.floor(Math.random() * images.length)];
  return Array.from({ length: count }, () => {
    const chance = Math.random();
    if (chance < shares.batch) return batchVisit(Array.from({ length: perBatch }, any));
    return chance < shares.batch + shares.forged ? forgedVisit(any()) : singleVisit(any());
  });
}

/** @param {Known} known @returns {Visit} */
function singleVisit(known) {
  return {
    kind: 'single',
    request: getByQuery(known.record),
    check(answer, decrypting) {
      checkStatus(answer.status);
      checkImage(answer.body, known, decrypting);
    },
  };
}

/** @param {Known[]} images @returns {Visit} */
function batchVisit(images) {
  return {
    kind: 'batch',
    request: postBatch(images.map(({ record }) => record)),
    check(answer, decrypting) {
      checkStatus(answer.status);
      const payloads = readFrames(answer.body);
      if (payloads.length !== images.length) throw new Error(`a batch came with ${payloads.length} images`);
      payloads.forEach((payload, index) => {
        checkImage(payload, images[index], decrypting);
      });
    },
  };
}

/** @param {Known} known @returns {Visit} */
function forgedVisit({ record }) {
  const statelessProof = record.statelessProof.replace(/./, (first) => (first === 'A' ? 'B' : 'A'));
  return {
    kind: 'forged',
    request: getByQuery({ ...record, statelessProof }),
    check({ status, body }) {
      checkStatus(status);
      if (body.length !== 1 || body[0] !== states.invalidProof) throw new Error(`a forged proof got state ${body[0]}`);
    },
  };
}

/** @param {number} status */
function checkStatus(status) {
  if (status !== 200) throw new Error(`answered with HTTP ${status}`);
}

/**
 * @param {Buffer} payload
 * @param {Known} known
 * @param {boolean} decrypting
 */
function checkImage(payload, { record, size }, decrypting) {
  if (payload[0] !== states.success || payload.length !== payloadBytes(size)) {
    throw new Error(`an image of ${size} bytes came with state ${payload[0]} and ${payload.length} bytes`);
  }
  if (decrypting && !decrypt(payload, record.meta).equals(imageOf(size)))
    throw new Error('an image came with other bytes');
}
