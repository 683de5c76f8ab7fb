import { connect } from 'node:net';
import fc from 'fast-check';
import { parseAnswers } from '../../support/raw-answers.mjs';

// Most answers are there by then, and requests that lack something need not wait for the server's timeouts.
const usualIdle = 60; // ms
/** After so long the server should have closed its half too, on any machine. */
const patience = 20_000; // ms

/**
 * A request, and how it is sent.
 *
 * @typedef {object} Shot
 * @property {Buffer} bytes
 * @property {number[]} cuts shares of its length at which it is cut into pieces that are sent one by one
 * @property {boolean} vanish hang up as soon as it is sent, and read no answer
 */

/**
 * @typedef {object} Outcome
 * @property {import('../../support/raw-answers.mjs').RawAnswer[]} answers
 * @property {boolean} ended did the server close the connection of its own accord
 * @property {boolean} hung did the server keep the connection although the sender had closed its half
 */

/**
 * @param {fc.Arbitrary<Buffer>} requests
 * @returns {fc.Arbitrary<Shot>}
 */
export function shots(requests) {
  const pieces = fc.array(fc.nat(1_000), { maxLength: 3 });
  return fc.record({
    bytes: requests,
    // Most requests fit into one packet, and so do most of these.
    cuts: fc.tuple(fc.nat(3), pieces).map(([number, cuts]) => (number === 0 ? cuts : [])),
    vanish: fc.nat(19).map((number) => number === 0),
  });
}

/**
 * @param {number} port
 * @param {Shot} shot
 * @param {number} [idle] after so many ms without a byte from either side, the sender closes its half
 * @returns {Promise<Outcome>}
 */
export function send(port, { bytes, cuts, vanish }, idle = usualIdle) {
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let ended = true;
    let hung = false;
    const socket = connect(port, '127.0.0.1');
    const hurry = setTimeout(() => {
      hung = true;
      socket.destroy();
    }, patience);
    socket.setNoDelay(true); // so that pieces arrive as pieces
    socket.once('connect', () => writePieces(socket, bytes, cuts, vanish));
    socket.setTimeout(idle, () => {
      ended = false;
      socket.end();
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // a reset is an answer too; 'close' follows
    socket.once('close', () => {
      clearTimeout(hurry);
      resolve({ answers: parseAnswers(Buffer.concat(chunks)), ended: ended && !vanish, hung });
    });
  });
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Buffer} bytes
 * @param {number[]} cuts
 * @param {boolean} vanish
 */
function writePieces(socket, bytes, cuts, vanish) {
  const ends = [...cuts.map((share) => Math.floor((share * bytes.length) / 1_000)), bytes.length];
  let start = 0;
  for (const end of ends.sort((a, b) => a - b)) {
    socket.write(bytes.subarray(start, end));
    start = end;
  }
  if (vanish) socket.resetAndDestroy();
}
