/** @typedef {{ id: string, token: number, statelessProof: string }} ImageRecord */

const route = '/pixstore-image';
const crlf = '\r\n';

/** As fetchers of an application may ask. Our own asks by headers, or by a batch of one. */
export function getByQuery(/** @type {ImageRecord} */ { id, token, statelessProof }) {
  return get(`${encodeURIComponent(id)}?${new URLSearchParams({ proof: statelessProof, token: String(token) })}`);
}

/** As the peer's fetcher asks. */
export function getByHeaders(/** @type {ImageRecord} */ { id, token, statelessProof }) {
  return get(encodeURIComponent(id), [`x-pixstore-proof: ${statelessProof}`, `x-pixstore-token: ${token}`]);
}

/** For servers that know nothing of proofs. @param {string} name */
export function getFile(name) {
  return get(name);
}

/** Many images in one request: see "Batch" in docs/wire-format.md. @param {Partial<ImageRecord>[]} records */
export function postBatch(records) {
  const images = records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof }));
  const body = JSON.stringify({ version: 1, images });
  const headers = ['content-type: text/plain', `content-length: ${Buffer.byteLength(body)}`];
  return Buffer.from([`POST ${route} HTTP/1.1`, 'host: 127.0.0.1', ...headers, '', body].join(crlf));
}

/**
 * @param {string} target
 * @param {string[]} [headers]
 */
function get(target, headers = []) {
  return Buffer.from([`GET ${route}/${target} HTTP/1.1`, 'host: 127.0.0.1', ...headers, '', ''].join(crlf));
}
