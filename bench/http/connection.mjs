import { once } from 'node:events';
import { connect } from 'node:net';

/** @typedef {{ status: number, body: Buffer }} Answer */
/** @typedef {Awaited<ReturnType<typeof openConnection>>} Connection */

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

/**
 * A connection that stays open, for requests that are ready bytes, one at a time. It does little, so that it can load a
 * server from the same machine.
 *
 * @param {number} port
 */
export async function openConnection(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  /** @type {{ resolve: (answer: Answer) => void, reject: (error: Error) => void } | null} */
  let waiting = null;
  let reader = createReader();

  function settle(/** @type {Answer | Error} */ outcome) {
    const settled = waiting;
    waiting = null;
    reader = createReader();
    if (outcome instanceof Error) settled?.reject(outcome);
    else settled?.resolve(outcome);
  }

  socket.on('data', (chunk) => {
    const answer = reader.push(chunk);
    if (answer) settle(answer);
  });
  socket.on('error', settle);
  socket.on('close', () => settle(new Error('The server closed the connection.')));

  return {
    /** @param {Buffer} request @returns {Promise<Answer>} */
    ask(request) {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (socket.destroyed) settle(new Error('The connection is closed.'));
        else socket.write(request);
      });
    },
    close: () => socket.destroy(),
  };
}

/** Reads one answer, which may come in any pieces. */
function createReader() {
  /** @type {Buffer[]} */
  let chunks = [];
  let received = 0;
  /** @type {{ status: number, length: number } | null} */
  let head = null; // length NaN: chunked

  return {
    /** @param {Buffer} chunk @returns {Answer | null} null until it is whole */
    push(chunk) {
      chunks.push(chunk);
      received += chunk.length;
      if (!head) {
        const bytes = Buffer.concat(chunks);
        const end = bytes.indexOf(headEnd);
        if (end < 0) return null;
        head = readHead(bytes.latin1Slice(0, end));
        chunks = [bytes.subarray(end + headEnd.length)];
        received = chunks[0].length;
      }
      const { status, length } = head;
      if (received < length) return null;
      if (Number.isNaN(length) && !endsWith(chunks, lastChunk)) return null;
      const bytes = Buffer.concat(chunks);
      const body = Number.isNaN(length) ? joinChunks(bytes) : bytes;
      return body && { status, body };
    },
  };
}

/** @param {string} head */
function readHead(head) {
  const [, length] = head.match(/\r\ncontent-length: *(\d+)/i) ?? [];
  return { status: Number(head.slice(9, 12)), length: Number(length) };
}

/**
 * @param {Buffer[]} chunks
 * @param {Buffer} end
 */
function endsWith(chunks, end) {
  const tail = Buffer.concat(chunks.slice(-end.length));
  return tail.subarray(-end.length).equals(end);
}

/** @param {Buffer} bytes a chunked body @returns {Buffer | null} null when its end only looked like one */
function joinChunks(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16);
    if (length === 0) return Buffer.concat(parts);
    const begin = lineEnd + 2;
    at = begin + length + 2;
    if (!(at < bytes.length)) return null;
    parts.push(bytes.subarray(begin, begin + length));
  }
}
