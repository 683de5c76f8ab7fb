import fc from 'fast-check';

/**
 * One change of a request's bytes.
 *
 * @typedef {(bytes: Buffer) => Buffer} Mutation
 */

/** Headers that make trouble: about the body, about the connection, or about our own code. */
const headers = [
  ...['Content-Length: 0', 'Content-Length: 5', 'Content-Length: 5, 5', 'Content-Length: -1', 'Content-Length: 1e3'],
  ...['Content-Length: 99999999999999999999', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity'],
  ...['Transfer-Encoding: xchunked', 'Transfer-Encoding : chunked', ' Transfer-Encoding: chunked', 'TE: trailers'],
  ...['Expect: 100-continue', 'Expect: a miracle', 'Upgrade: websocket\r\nConnection: Upgrade', 'Connection: close'],
  ...['Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
  ...['Host: another', 'Host:', 'Trailer: x-pixstore-proof', 'x-pixstore-proof: x', 'x-pixstore-token: 1, 2'],
  ...['__proto__: x', 'constructor: x', 'Origin: \u00ff', 'Content-Encoding: gzip', 'X: \0', 'folded: a\r\n b'],
];

const pieces = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\0',
    '\t',
    ' ',
    ':',
    '%',
    '%0d%0a',
    '/',
    '?',
    '&',
    '#',
    '\u00ff\u00fe',
    '{',
    '[',
  ],
  ...[
    '0\r\n\r\n',
    'ffffffff\r\n',
    '-1\r\n',
    '5;ext=1\r\n',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/9.9',
    '"__proto__":',
    '\\u0000',
  ],
  ...['GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00'],
];

/** Where in the bytes: a share of their length, so that it means something for requests of any length. */
const place = () => fc.nat(10_000).map((share) => share / 10_000);

const byte = fc.nat(255).map((value) => Uint8Array.of(value));
const randomBytes = fc.uint8Array({ maxLength: 30 });
const filler = fc.integer({ min: 1_000, max: 70_000 }).map((length) => Buffer.alloc(length, 'a'));

/** @type {fc.Arbitrary<Mutation>} */
const mutation = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(place(), fc.nat(7)).map((args) => flipBit(...args)) },
  { weight: 3, arbitrary: fc.tuple(place(), fc.constant(1), byte).map((args) => replace(...args)) },
  {
    weight: 3,
    arbitrary: fc.tuple(place(), fc.constant(0), fc.constantFrom(...pieces)).map((args) => replace(...args)),
  },
  { weight: 2, arbitrary: fc.tuple(place(), fc.constant(0), randomBytes).map((args) => replace(...args)) },
  { weight: 2, arbitrary: fc.tuple(place(), fc.nat(40), fc.constant('')).map((args) => replace(...args)) },
  { weight: 1, arbitrary: fc.tuple(place(), fc.constant(0), filler).map((args) => replace(...args)) },
  { weight: 1, arbitrary: place().map((share) => cutOff(share)) },
  { weight: 2, arbitrary: fc.tuple(place(), place(), fc.nat(60)).map((args) => copy(...args)) },
  { weight: 4, arbitrary: fc.tuple(place(), fc.constantFrom(...headers)).map((args) => addLine(...args)) },
  { weight: 2, arbitrary: fc.tuple(place(), place()).map((args) => copyLine(...args)) },
  { weight: 1, arbitrary: place().map((share) => dropLine(share)) },
);

/**
 * Requests with some changes; now and then with none, or nothing but random bytes.
 *
 * @param {fc.Arbitrary<Buffer>} requests
 * @returns {fc.Arbitrary<Buffer>}
 */
export function mutated(requests) {
  return fc.oneof(
    {
      weight: 30,
      arbitrary: fc
        .tuple(requests, fc.array(mutation, { maxLength: 3 }))
        .map(([request, mutations]) => mutations.reduce((bytes, mutate) => mutate(bytes), request)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)) },
  );
}

/**
 * @param {number} share
 * @param {number} bit
 * @returns {Mutation}
 */
function flipBit(share, bit) {
  return (bytes) => {
    const at = index(bytes, share);
    return splice(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << bit)));
  };
}

/**
 * @param {number} share
 * @param {number} count how many bytes go
 * @param {string | Uint8Array} piece what comes in their place
 * @returns {Mutation}
 */
function replace(share, count, piece) {
  return (bytes) => splice(bytes, index(bytes, share), count, piece);
}

/**
 * @param {number} share
 * @returns {Mutation}
 */
function cutOff(share) {
  return (bytes) => bytes.subarray(0, index(bytes, share));
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @returns {Mutation}
 */
function copy(from, to, count) {
  return (bytes) => {
    const start = index(bytes, from);
    return splice(bytes, index(bytes, to), 0, bytes.subarray(start, start + count));
  };
}

/**
 * @param {number} share
 * @param {string} line
 * @returns {Mutation}
 */
function addLine(share, line) {
  return onLines((lines) => lines.splice(1 + index(lines, share), 0, line));
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {Mutation}
 */
function copyLine(from, to) {
  return onLines((lines) => lines.splice(index(lines, to), 0, lines[index(lines, from)] ?? ''));
}

/**
 * @param {number} share
 * @returns {Mutation}
 */
function dropLine(share) {
  return onLines((lines) => lines.splice(index(lines, share), 1));
}

/**
 * Changes the lines of the head.
 *
 * @param {(lines: string[]) => void} change
 * @returns {Mutation}
 */
function onLines(change) {
  return (bytes) => {
    const end = bytes.indexOf('\r\n\r\n');
    const headLength = end < 0 ? bytes.length : end;
    const lines = bytes.toString('latin1', 0, headLength).split('\r\n');
    change(lines);
    return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), bytes.subarray(headLength)]);
  };
}

/**
 * @param {{ length: number }} list
 * @param {number} share
 */
function index({ length }, share) {
  return Math.floor(share * length);
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} count
 * @param {string | Uint8Array} piece
 */
function splice(bytes, at, count, piece) {
  return Buffer.concat([
    bytes.subarray(0, at),
    typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece,
    bytes.subarray(at + count),
  ]);
}
