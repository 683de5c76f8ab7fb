import { WirePayloadState } from 'pixstore/shared';

/** @typedef {import('../../support/raw-answers.mjs').RawAnswer} RawAnswer */

/**
 * What may be told to whom.
 *
 * @typedef {object} Law
 * @property {string} proof the good one: without it there is no picture
 * @property {number} pictureBytes the length of the only ciphertext there is
 * @property {string[]} secrets
 */

/** Refusals, our own or those of Node's HTTP server. */
const refusals = [204, 400, 404, 405, 408, 413, 417, 431];
const updatedHead = 69; // bytes before the ciphertext; docs/wire-format.md
const longestText = 300;
const stack = /\n\s+at |node:internal|\.m?[jt]s:\d+/;

/** @type {Map<number, string>} */
const stateNames = new Map(Object.entries(WirePayloadState).map(([name, state]) => [state, name]));
// Nothing fails inside, and one attacker at a time is below every bound.
/** @type {readonly number[]} */
const forbiddenStates = [WirePayloadState.InternalError, WirePayloadState.RateLimited];

/**
 * Is this an answer that the documentation knows, and does it tell nothing that it must not?
 *
 * @param {Buffer} request all bytes that were sent on the connection
 * @param {import('./send.mjs').Outcome} outcome
 * @param {Law} law
 * @returns {{ names: string[], problems: string[] }} a name for each answer, and what is wrong
 */
export function judge(request, { answers, ended, hung }, law) {
  const problems = hung ? ['the server kept the connection'] : [];
  const names = answers.map((answer) => {
    if (!answer.complete && !ended) return 'cut off by the sender';
    const { name, problem } = judgeOne(request, answer, law);
    if (problem !== undefined) problems.push(`${problem}: ${name}`);
    return name;
  });
  return { names: names.length > 0 ? names : ['no answer'], problems };
}

/**
 * @param {Buffer} request
 * @param {RawAnswer} answer
 * @param {Law} law
 * @returns {{ name: string, problem?: string }}
 */
function judgeOne(request, { status, headers, body, complete }, law) {
  const name = String(status);
  if (status === 0) return { name: JSON.stringify(body.toString('latin1')), problem: 'no HTTP' };
  if (!complete) return { name, problem: 'cut off by the server' };
  if (law.secrets.some((secret) => JSON.stringify(headers).includes(secret) || body.includes(secret))) {
    return { name, problem: 'a secret' };
  }
  if (status === 200 && headers['content-type'] === 'application/octet-stream') {
    return judgePayloads(request, headers, body, law);
  }
  const text = body.toString();
  if (stack.test(text) || text.length > longestText) return { name: `${status} ${text}`, problem: 'too talkative' };
  if (status === 200 && (text === 'ok\n' || text === '')) return { name: '200 health' };
  return refusals.includes(status) ? { name } : { name: `${status} ${text}`, problem: 'not documented' };
}

/**
 * @param {Buffer} request
 * @param {Record<string, string>} headers
 * @param {Buffer} body
 * @param {Law} law
 * @returns {{ name: string, problem?: string }}
 */
function judgePayloads(request, headers, body, law) {
  if (body.length === 0 && headers['content-length'] !== undefined && headers['content-length'] !== '0') {
    return { name: '200 of a HEAD' };
  }
  const states = statesOf(body, law.pictureBytes);
  if (!states) return { name: `200 and ${body.length} bytes`, problem: 'no payload and no frames' };
  const kind = isPayload(body, law.pictureBytes) ? '' : 'frames: ';
  const name = `200 ${kind}${[...new Set(states.map((state) => stateNames.get(state)))].sort().join(', ') || 'none'}`;
  if (states.some((state) => forbiddenStates.includes(state))) return { name, problem: 'a state that never comes' };
  const pictures = states.some((state) => state === WirePayloadState.Success || state === WirePayloadState.Updated);
  return pictures && !carries(request, law.proof) ? { name, problem: 'a picture without proof' } : { name };
}

/**
 * @param {Buffer} body
 * @param {number} pictureBytes
 * @returns {number[] | null} of the payload, or of each frame of a batch; null when it is neither
 */
function statesOf(body, pictureBytes) {
  if (isPayload(body, pictureBytes)) return [body[0] ?? -1];
  const states = [];
  for (let at = 0; at < body.length; ) {
    if (body.length - at < 5) return null;
    const end = at + 4 + body.readUInt32LE(at);
    const payload = body.subarray(at + 4, end);
    if (end > body.length || !isPayload(payload, pictureBytes)) return null;
    states.push(payload[0] ?? -1);
    at = end;
  }
  return states;
}

/**
 * @param {Buffer} bytes
 * @param {number} pictureBytes
 */
function isPayload(bytes, pictureBytes) {
  const [state = -1] = bytes;
  if (state === WirePayloadState.Success) return bytes.length === 1 + pictureBytes;
  if (state === WirePayloadState.Updated) return bytes.length === updatedHead + pictureBytes;
  return bytes.length === 1 && stateNames.has(state);
}

/**
 * Is the text somewhere in the request, as it is or in one of the ways that a server must undo?
 *
 * @param {Buffer} request
 * @param {string} text
 */
export function carries(request, text) {
  return request
    .toString('latin1')
    .replace(/\r\n[0-9a-f]+[^\r\n]*\r\n/gi, '') // chunks
    .replace(/\\u00([0-9a-f]{2})|%([0-9a-f]{2})/gi, (_, json, percent) =>
      String.fromCharCode(Number.parseInt(json ?? percent, 16)),
    )
    .includes(text);
}
