import fc from 'fast-check';

/**
 * What a fuzz run knows of the endpoint it attacks.
 *
 * @typedef {object} Target
 * @property {number} port
 * @property {string} route
 * @property {string} id of an image that exists
 * @property {number} token its token
 * @property {string} proof its proof
 */

const oddTexts = [
  ...['', '0', '-1', '1e400', '9007199254740993', 'a'.repeat(43), '%00', '%', '%ff', '..', '../../etc/passwd'],
  ...['__proto__', 'constructor', 'toString', 'null', 'a:b:c', 'gallery:', ':', 'k.thumb', 'ä', '\u0141', '\0'],
];

/**
 * Requests as the application's own client would send them, or nearly: what mutations start from. Bodies are in them,
 * so that mutations reach those as well.
 *
 * @param {Target} target
 * @returns {fc.Arbitrary<Buffer>}
 */
export function validRequests(target) {
  return fc.oneof(
    { weight: 4, arbitrary: singleRequests(target) },
    { weight: 4, arbitrary: batchRequests(target) },
    { weight: 1, arbitrary: fc.array(singleRequests(target), { minLength: 2, maxLength: 4 }).map(Buffer.concat) },
  );
}

/** @param {Target} target */
function singleRequests({ route, id, token, proof }) {
  const method = mostly('GET', fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PRI', 'CONNECT', 'get'));
  const path = mostly(`${route}/${encodeURIComponent(id)}`, targets(route, id));
  const query = mostly(
    `?proof=${proof}&token=${token}`,
    fc.oneof(
      fc.constantFrom('', '?', `?proof=${proof}`, `?proof=${proof}&proof=${proof}`, '?token=1&proof', '?a[b]=c&;'),
      odd().map((text) => `?proof=${encodeLoosely(text)}&token=${token}`),
      odd().map((text) => `?token=${encodeLoosely(text)}&proof=${proof}`),
    ),
  );
  const headers = fc.constantFrom(
    .../** @type {string[][]} */ ([
      [],
      [`x-pixstore-proof: ${proof}`, `x-pixstore-token: ${token}`],
      [`x-pixstore-proof: ${proof}`, 'x-pixstore-proof: another'],
      ['Origin: https://app.example.com', 'Access-Control-Request-Method: GET'],
      ['Range: bytes=0-3', 'If-None-Match: *', 'Accept-Encoding: gzip'],
    ]),
  );
  return fc
    .tuple(method, path, query, headers)
    .map(([verb, where, what, more]) => request(`${verb} ${where}${what}`, more, ''));
}

/** @param {Target} target */
function batchRequests(target) {
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.array(entries(target), { maxLength: 5 }).map((images) => batchBody(images)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.json().map((json) => `{"version":1,"images":[${json}]}`) },
    { weight: 1, arbitrary: fc.json().map((json) => `{"version":1,"images":${json}}`) },
    { weight: 1, arbitrary: fc.nat(3_000).map((depth) => '['.repeat(depth)) },
    { weight: 1, arbitrary: fc.integer({ min: 250, max: 300 }).map((count) => batchBody(Array(count).fill({}))) },
  );
  const type = mostly('text/plain', fc.constantFrom('application/json', 'text/plain; charset=utf-16', 'x', ''));
  const where = mostly(target.route, fc.constantFrom(`${target.route}/`, `${target.route}/a`, `${target.route}?a=b`));
  return fc.tuple(body, type, where, fc.boolean()).map(([text, mime, path, chunked]) => {
    const length = Buffer.byteLength(text);
    return request(
      `POST ${path}`,
      [`Content-Type: ${mime}`, chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`],
      chunked ? inChunks(text) : text,
    );
  });
}

/** @param {Target} target */
function entries({ id, token, proof }) {
  const good = { id, token, proof };
  const value = fc.oneof(odd(), fc.jsonValue({ maxDepth: 2 }));
  return mostly(
    good,
    fc.oneof(
      value,
      fc.tuple(fc.constantFrom('id', 'token', 'proof', '__proto__', 'toString'), value).map(([name, part]) =>
        // A computed key, so that even __proto__ becomes a key of the JSON.
        ({ ...good, [name]: part }),
      ),
    ),
  );
}

/**
 * @param {string} route
 * @param {string} id
 */
function targets(route, id) {
  return fc.oneof(
    odd().map((text) => `${route}/${encodeLoosely(text)}`),
    fc.constantFrom(
      ...[`${route}/-/health`, `${route}/-/metrics`, `${route}/-/`, `${route}/${id}/`, `${route}//${id}`, route],
      ...['/', '*', `http://images.test${route}/${id}`, `HTTP://a:b@c${route}/${id}`, `${route}/${id}#a`],
    ),
  );
}

const odd = () => fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: 'binary', maxLength: 20 }));

/**
 * @template Value
 * @template Other
 * @param {Value} value
 * @param {fc.Arbitrary<Other>} other
 * @returns {fc.Arbitrary<Value | Other>}
 */
function mostly(value, other) {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });
}

/** @param {unknown[]} images */
const batchBody = (images) => JSON.stringify({ version: 1, images });

/** Lone surrogates have no encoding: those are sent as they are. @param {string} text */
function encodeLoosely(text) {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} text */
function inChunks(text) {
  const half = text.length >> 1;
  return `${[text.slice(0, half), text.slice(half)]
    .filter((part) => part.length > 0)
    .map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`)
    .join('')}0\r\n\r\n`;
}

/**
 * @param {string} line
 * @param {string[]} headers
 * @param {string} body
 */
function request(line, headers, body) {
  return Buffer.from([`${line} HTTP/1.1`, 'Host: images.test', ...headers, '', body].join('\r\n'));
}
