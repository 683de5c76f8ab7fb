import { describe, expect, test } from 'vitest';
import { encodePayload, WirePayloadState } from '../../../src/shared/index.js';
import { parseAnswers } from '../../support/raw-answers.mjs';
import { judge } from './judge.mjs';

const law = { proof: 'good-proof', pictureBytes: 5, secrets: ['/srv/images'] };
const picture = encodePayload({ state: WirePayloadState.Success, ciphertext: new Uint8Array(5) });
const octets = 'Content-Type: application/octet-stream\r\n';

/** What the fuzzer says of these bytes, sent in answer to a request. */
function verdict(answer: string, request = 'GET / HTTP/1.1', { hung = false, ended = true } = {}) {
  return judge(Buffer.from(request), { answers: parseAnswers(Buffer.from(answer, 'latin1')), ended, hung }, law);
}

const ofLength = (body: Uint8Array) =>
  `HTTP/1.1 200 OK\r\n${octets}Content-Length: ${body.length}\r\n\r\n${latin1(body)}`;
const chunked = (...bodies: Uint8Array[]) =>
  `HTTP/1.1 200 OK\r\n${octets}Transfer-Encoding: chunked\r\n\r\n${bodies
    .map((body) => `${body.length.toString(16)}\r\n${latin1(body)}\r\n`)
    .join('')}0\r\n\r\n`;
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const frame = (payload: Uint8Array) => Buffer.concat([Uint8Array.of(payload.length, 0, 0, 0), payload]);

describe('the judge of a fuzz run lets pass', () => {
  test.each([
    ['a refusal of Node', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', ['400']],
    ['nothing at all', '', ['no answer']],
    ['a payload', ofLength(Uint8Array.of(5)), ['200 InvalidProof']],
    ['frames', chunked(frame(Uint8Array.of(2)), frame(Uint8Array.of(5))), ['200 frames: InvalidProof, NotFound']],
    ['no frames', chunked(), ['200 frames: none']],
    ['HEAD', `HTTP/1.1 200 OK\r\n${octets}Content-Length: 9\r\n\r\n`, ['200 of a HEAD']],
    ['answers in a row', `${ofLength(Uint8Array.of(4))}HTTP/1.1 404 Not Found\r\n\r\n`, ['200 MissingProof', '404']],
  ])('%s', (_, answer, names) => {
    expect(verdict(answer)).toEqual({ names, problems: [] });
  });

  test.each([
    ['as it is', 'GET /a?proof=good-proof'],
    ['percent-encoded', 'GET /a?proof=%67ood%2dproof'],
    ['in JSON', '{"proof":"\\u0067ood-proof"}'],
    ['in two chunks', '5\r\ngood-\r\n5\r\nproof\r\n0\r\n\r\n'],
  ])('a picture for a proof %s', (_, request) => {
    expect(verdict(ofLength(picture), request).problems).toEqual([]);
    expect(verdict(chunked(frame(picture)), request).problems).toEqual([]);
  });

  test('an answer that the sender cut off', () => {
    expect(verdict(ofLength(picture).slice(0, -2), '', { ended: false }).problems).toEqual([]);
  });
});

describe('the judge of a fuzz run finds', () => {
  test.each([
    ['a picture without proof', ofLength(picture)],
    ['a picture without proof', chunked(frame(Uint8Array.of(5)), frame(picture))],
    ['a state that never comes', ofLength(Uint8Array.of(6))],
    ['a state that never comes', chunked(frame(Uint8Array.of(9)))],
    ['no payload and no frames', ofLength(Uint8Array.of(7))],
    ['no payload and no frames', ofLength(Uint8Array.of(2, 2))],
    ['no payload and no frames', chunked(frame(Uint8Array.of(5)), Uint8Array.of(1, 0))],
    ['cut off by the server', ofLength(picture).slice(0, -2)],
    ['cut off by the server', chunked(frame(Uint8Array.of(5))).slice(0, -5)],
    ['not documented', 'HTTP/1.1 500 Internal Server Error\r\n\r\n'],
    ['not documented', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>'],
    ['no HTTP', 'Segmentation fault'],
    ['a secret', 'HTTP/1.1 404 Not Found\r\n\r\nno /srv/images/a.png'],
    ['a secret', 'HTTP/1.1 404 Not Found\r\nX-Looked-At: /srv/images\r\n\r\n'],
    ['too talkative', 'HTTP/1.1 400 Bad Request\r\n\r\nError: a\n    at read (server.js:1:1)'],
    ['too talkative', `HTTP/1.1 400 Bad Request\r\n\r\n${'a'.repeat(1_000)}`],
  ])('%s', (problem, answer) => {
    expect(verdict(answer).problems).toEqual([expect.stringMatching(`^${problem}: `)]);
  });

  test('a connection that the server keeps', () => {
    expect(verdict('', '', { hung: true }).problems).toEqual(['the server kept the connection']);
  });
});
