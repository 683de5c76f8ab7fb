/**
 * One HTTP answer as it came over the wire.
 *
 * @typedef {object} RawAnswer
 * @property {number} status 0 when what came is no answer
 * @property {Record<string, string>} headers
 * @property {Buffer} body without the chunks it may have come in
 * @property {boolean} complete did all of it arrive, as far as the headers say
 */

const headEnd = Buffer.from('\r\n\r\n');
const startOfAnswer = Buffer.from('HTTP/1.1 ');

/**
 * Takes apart all that came over one connection: with pipelining, several answers. Interim ones (1xx) are left out.
 *
 * An answer to HEAD has a length and no body. Who sent it is not known here, so a body that is absent, with nothing or
 * the next answer in its place, counts as that.
 *
 * @param {Buffer} bytes
 * @returns {RawAnswer[]}
 */
export function parseAnswers(bytes) {
  const answers = [];
  let at = 0;
  while (at < bytes.length) {
    const { answer, end } = parseOne(bytes, at);
    if (answer.status < 100 || answer.status >= 200) answers.push(answer);
    at = end;
  }
  return answers;
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @returns {{ answer: RawAnswer, end: number }}
 */
function parseOne(bytes, start) {
  const bodyStart = bytes.indexOf(headEnd, start) + headEnd.length;
  if (bodyStart < headEnd.length || !startsWith(bytes, start)) {
    return { answer: { status: 0, headers: {}, body: bytes.subarray(start), complete: false }, end: bytes.length };
  }
  const [statusLine = '', ...lines] = bytes.toString('latin1', start, bodyStart - headEnd.length).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const { body, end, complete } = readBody(bytes, bodyStart, status, headers);
  return { answer: { status, headers, body, complete }, end };
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} status
 * @param {Record<string, string>} headers
 */
function readBody(bytes, start, status, headers) {
  const none = { body: Buffer.alloc(0), end: start, complete: true };
  if (status < 200 || status === 204 || startsWith(bytes, start)) return none;
  if (headers['transfer-encoding'] === 'chunked') return readChunks(bytes, start);
  if (start === bytes.length) return none;
  const length = headers['content-length'];
  // Without a length it lasts to the end of the connection.
  const end = Math.min(bytes.length, length === undefined ? bytes.length : start + Number(length));
  return {
    body: bytes.subarray(start, end),
    end,
    complete: length === undefined || end === start + Number(length),
  };
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 */
function readChunks(bytes, start) {
  const chunks = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return { body: Buffer.concat(chunks), end: bytes.length, complete: false };
    at = lineEnd + 2 + size + 2;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    if (size === 0 || at > bytes.length) {
      return { body: Buffer.concat(chunks), end: Math.min(at, bytes.length), complete: at <= bytes.length };
    }
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function startsWith(bytes, at) {
  return startOfAnswer.equals(bytes.subarray(at, at + startOfAnswer.length));
}
