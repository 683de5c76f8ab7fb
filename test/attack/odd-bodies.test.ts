import { describe, expect, test } from 'vitest';
import { WirePayloadState } from '../../src/shared/index.js';
import { type Endpoint, startEndpoint } from '../support/endpoint.js';
import { stateOf } from '../support/payload.js';
import { sendAll, sendRaw } from '../support/raw-http.js';
import { statesOfBatch } from './support/ask-proofs.js';
import { openConnection } from './support/connection.js';
import { expectCalm, expectService, route, withPicture } from './victim/with-victim.js';

const mebibyte = 1024 * 1024;
const { InvalidProof, MissingID, MissingProof } = WirePayloadState;

/** A POST with a body exactly as written. */
function post(body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body as string);
  const lines = [`POST ${route} HTTP/1.1`, 'Host: images.test', `Content-Length: ${bytes.length}`, 'Connection: close'];
  return Buffer.concat([Buffer.from(`${[...lines, ...headers].join('\r\n')}\r\n\r\n`), bytes]);
}

async function expectRefusal({ port, own, secrets, isIntact }: Endpoint, request: Buffer, status: number) {
  const answer = await sendRaw(port, request);
  expect(answer.status).toBe(status);
  const text = answer.body.toString();
  expect(text).not.toMatch(/\n\s+at |node:|\.[jt]s:/);
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(own.logger.lines.filter((line) => line.includes('failed'))).toEqual([]);
  expect(await isIntact()).toBe(true);
}

describe('a batch that is none is refused as a whole:', () => {
  test.each<[string, string | Buffer]>([
    ['100,000 lists in one another', '['.repeat(100_000)],
    [
      '100,000 lists in one another, as its images',
      `{"version":1,"images":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ],
    ['60,000 objects in one another', `${'{"a":'.repeat(50_000)}1${'}'.repeat(6_000)}`],
    ['10,000 images', JSON.stringify({ version: 1, images: Array(10_000).fill({}) })],
    ['257 images', JSON.stringify({ version: 1, images: Array(257).fill({}) })],
    ['no JSON', '{"version":1,"images":[}'],
    ['NUL', Buffer.alloc(1_000)],
    ['bytes that are no UTF-8', Buffer.from('{"version":1,"images":\xff\xfe[]}', 'latin1')],
    ['half a character at the end', Buffer.concat([Buffer.from('{"version":1,"images":[]}'), Buffer.of(0xe2, 0x82)])],
    ['UTF-16', Buffer.from('{"version":1,"images":[]}', 'utf16le')],
    ['nothing', ''],
    ['null', 'null'],
    ['another version', '{"version":2,"images":[]}'],
    ['images from the prototype', '{"version":1,"__proto__":{"images":[]}}'],
    ['a version from the prototype', '{"__proto__":{"version":1},"images":[]}'],
    ['an object that looks like a list', '{"version":1,"images":{"length":1,"0":{}}}'],
    ['a number too long for a double', `{"version":1${'0'.repeat(400)},"images":[]}`],
  ])('%s', async (_, body) => {
    await expectRefusal(await startEndpoint(), post(body), 400);
  });
});

describe('an entry that is none spoils its own frame only:', () => {
  test.each<[string, (good: object) => unknown, number]>([
    ['null', () => null, MissingID],
    ['a number', () => 7, MissingID],
    ['a text', () => 'gallery:a', MissingID],
    ['a list', (good) => [good], MissingID],
    ['id and proof from the prototype', (good) => JSON.parse(`{"__proto__":${JSON.stringify(good)}}`), MissingID],
    ['a prototype of JavaScript as id', (good) => ({ ...good, id: '__proto__' }), InvalidProof],
    ['a method of JavaScript as id', (good) => ({ ...good, id: 'toString' }), InvalidProof],
    ['constructor as id', (good) => ({ ...good, id: 'constructor' }), InvalidProof],
    ['a list as id', (good) => ({ ...good, id: [Object(good).id] }), InvalidProof],
    ['an object with a method as id', (good) => ({ ...good, id: { toString: 'gallery:a' } }), InvalidProof],
    ['NUL in the id', (good) => ({ ...good, id: `${Object(good).id}\0` }), InvalidProof],
    ['half a character in the id', (good) => ({ ...good, id: `${Object(good).id}\ud800` }), InvalidProof],
    ['200,000 letters as id', (good) => ({ ...good, id: 'a'.repeat(200_000) }), InvalidProof],
    ['a list as proof', (good) => ({ ...good, proof: [Object(good).proof] }), InvalidProof],
    ['an object as proof', (good) => ({ ...good, proof: { length: 43 } }), InvalidProof],
    ['true as proof', (good) => ({ ...good, proof: true }), InvalidProof],
    ['no proof but one in the prototype', (good) => ({ id: Object(good).id, ['__proto__']: good }), MissingProof],
    ['a broken token', (good) => ({ ...good, token: 'NaN' }), InvalidProof],
    ['a list as token', (good) => ({ ...good, token: [1] }), InvalidProof],
    ['a token that is no whole number', (good) => ({ ...good, token: 1.5 }), InvalidProof],
  ])('%s', async (_, spoil, state) => {
    const { record, port, proof, isIntact } = await startEndpoint();
    const good = { id: record.id, token: record.token, proof };
    const states = await statesOfBatch(port, [good, spoil(good), good] as (typeof good)[]);
    expect(states).toEqual(['Success', stateOf(Uint8Array.of(state)), 'Success']);
    expect(await isIntact()).toBe(true);
  });
});

describe('a body whose end is told in two ways is not read, and what is smuggled in it is no request:', () => {
  const smuggled = 'GET /pixstore-image/smuggled HTTP/1.1\r\nHost: images.test\r\n\r\n';
  test.each([
    ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['two lengths in one', ['Content-Length: 4, 5']],
    ['a negative length', ['Content-Length: -1']],
    ['a length with a sign', ['Content-Length: +4']],
    ['a length in hex', ['Content-Length: 0x4']],
    ['a length too long for any number', [`Content-Length: ${'9'.repeat(30)}`]],
    ['a coding nobody knows', ['Transfer-Encoding: xchunked']],
    ['a coding after chunked', ['Transfer-Encoding: chunked, identity']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a folded header', ['Content-Length: 4', 'X-Any: a\r\n Transfer-Encoding: chunked']],
    ['a line that ends in LF alone', ['Content-Length: 4\nTransfer-Encoding: chunked']],
  ])('%s', async (_, headers) => {
    const { port, isIntact } = await startEndpoint();
    const head = [`POST ${route} HTTP/1.1`, 'Host: images.test', ...headers].join('\r\n');
    const answers = await sendAll(port, `${head}\r\n\r\n0\r\n\r\n${smuggled}`, true);
    expect(answers.map(({ status }) => status)).toEqual([400]);
    expect(await isIntact()).toBe(true);
  });

  test('chunks that are none', async () => {
    const { port, isIntact } = await startEndpoint();
    for (const chunk of ['x\r\n', '-1\r\n', 'ffffffffffffffffff\r\n', '5\r\nabcdefgh\r\n']) {
      const head = `POST ${route} HTTP/1.1\r\nHost: images.test\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const answers = await sendAll(port, `${head}${chunk}0\r\n\r\n${smuggled}`, true);
      expect(answers.map(({ status }) => status)).not.toContain(200);
      expect(answers.length).toBeLessThan(2);
    }
    expect(await isIntact()).toBe(true);
  });
});

describe('a body that is too large is not read to its end', () => {
  test('when its length is told: it is refused before it comes', async () => {
    const { victim, target } = await withPicture();
    const { socket, answers, closed } = await openConnection(victim.port);
    socket.write(`POST ${route} HTTP/1.1\r\nHost: images.test\r\nContent-Length: 10000000000\r\n\r\n{"version"`);
    await closed;
    expect(answers().map(({ status }) => status)).toEqual([413]);
    await expectService(victim, target);
    await expectCalm(victim);
  });

  test('when it comes in chunks: it is refused on the way, and the connection ends', async () => {
    const { victim, target } = await withPicture();
    const before = await victim.memory();
    await victim.peak();
    const { socket, closed } = await openConnection(victim.port);
    socket.write(`POST ${route} HTTP/1.1\r\nHost: images.test\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'a'), Buffer.from('\r\n')]);
    let isOpen = true;
    void closed.then(() => {
      isOpen = false;
    });
    let sent = 0;
    while (isOpen && sent < 200 * mebibyte) {
      sent += chunk.length;
      if (!socket.write(chunk)) await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
    }
    expect(sent).toBeLessThan(50 * mebibyte);
    expect((await victim.peak()) - before.rss).toBeLessThan(30 * mebibyte);
    await expectService(victim, target);
    await expectCalm(victim);
  });

  test('nor are headers: 431', async () => {
    const endpoint = await startEndpoint();
    const name = 'a'.repeat(1_000);
    for (const headers of [
      [`x: ${'a'.repeat(100_000)}`],
      [`${'a'.repeat(100_000)}: x`],
      Array(100).fill(`${name}: x`),
    ]) {
      const { status } = await sendRaw(endpoint.port, post('', headers));
      expect(status).toBe(431);
    }
    expect(await endpoint.isIntact()).toBe(true);
  });
});
