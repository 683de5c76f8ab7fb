import { describe, expect, test, vi } from 'vitest';
import { requestBytes } from '../support/raw-http.js';
import { batchRequest, type Connection, dribble, openConnection } from './support/connection.js';
import { expectCalm, expectService, largePhoto, patience, route, targetOf, withPicture } from './victim/with-victim.js';

// Far below what Node does when nobody tells it: 60 s and 300 s.
const timeouts = { headers: 400, request: 800, stalled: 600, keepAlive: 300 };
const longest = 10_000; // ms; a busy machine closes late
const slowHead = `GET ${route}/a HTTP/1.1\r\nHost: images.test\r\nx-slow: ${'a'.repeat(10_000)}\r\n\r\n`;
const slowBody = (framing: string) => `POST ${route} HTTP/1.1\r\nHost: images.test\r\n${framing}\r\n\r\n`;

/** Sends its head at once and then a body that never ends, byte by byte. */
async function sendBodySlowly(port: number, framing = 'Content-Length: 100000'): Promise<Connection> {
  const connection = await openConnection(port);
  connection.socket.write(slowBody(framing));
  dribble(connection, 'a'.repeat(100_000));
  return connection;
}

describe('a client that takes its time is ended, and others are served meanwhile', () => {
  test.each<[string, (port: number) => Promise<Connection>]>([
    ['sends nothing', (port) => openConnection(port)],
    [
      'sends its headers byte by byte',
      async (port) => {
        const connection = await openConnection(port);
        dribble(connection, slowHead);
        return connection;
      },
    ],
    ['sends its body byte by byte', (port) => sendBodySlowly(port)],
    ['sends chunks byte by byte', (port) => sendBodySlowly(port, 'Transfer-Encoding: chunked')],
    [
      'sends a request and then nothing more',
      async (port) => {
        const connection = await openConnection(port);
        connection.socket.write(`GET ${route}/a HTTP/1.1\r\nHost: images.test\r\n\r\n`);
        return connection;
      },
    ],
  ])('that %s', async (_, misbehave) => {
    const { victim, target } = await withPicture({ defaultEndpointTimeouts: timeouts });
    const connections = await Promise.all(Array.from({ length: 20 }, () => misbehave(victim.port)));
    await expectService(victim, target);
    for (const { closed } of connections) expect(await closed).toBeLessThan(longest);
    await expectCalm(victim);
  });

  test('that asks for a large picture and never reads it', async () => {
    const { victim, target } = await withPicture({ defaultEndpointTimeouts: timeouts });
    const large = await victim.save(largePhoto(20), { id: 'large' });
    for (let client = 0; client < 10; client += 1) {
      const { socket } = await openConnection(victim.port);
      socket.pause();
      socket.write(requestBytes('GET', targetOf(large)));
    }
    await expectService(victim, target);
    await expectCalm(victim);
  });
});

test('bodies that are sent slowly take no slot from those who ask for images', async () => {
  const { victim, target } = await withPicture({ maxConcurrentAnswers: 5 });
  const slow = await Promise.all(Array.from({ length: 20 }, () => sendBodySlowly(victim.port)));
  await expectService(victim, target);
  for (const { socket } of slow) socket.destroy();
  await expectCalm(victim);
});

describe('half-closed connections', () => {
  test('a request that ends before it is whole is not waited for', async () => {
    const { victim, target } = await withPicture();
    for (const part of [
      '',
      'GET ',
      slowHead.slice(0, -2),
      slowBody('Content-Length: 5'),
      slowBody('Transfer-Encoding: chunked'),
      batchRequest(route, [{}]).slice(0, -1),
    ]) {
      const { socket, closed } = await openConnection(victim.port);
      socket.end(part);
      expect(await closed).toBeLessThan(longest);
    }
    await expectCalm(victim);
    await expectService(victim, target);
  });

  test('a client that closes its half after asking leaves nothing open', async () => {
    const { victim, record, target } = await withPicture();
    const large = await victim.save(largePhoto(20), { id: 'large' });
    const entry = { id: record.id, proof: record.statelessProof };
    for (const request of [
      requestBytes('GET', target).toString(),
      requestBytes('GET', targetOf(large)).toString(),
      batchRequest(route, Array(256).fill(entry)),
    ]) {
      const { socket, closed } = await openConnection(victim.port);
      socket.end(request);
      expect(await closed).toBeLessThan(longest);
    }
    await expectCalm(victim);
    await expectService(victim, target);
  });

  test('a server that has closed its half does not wait for ever for the other', async () => {
    const { victim, target } = await withPicture({ defaultEndpointTimeouts: timeouts });
    const { socket, answers } = await openConnection(victim.port); // which never closes its own
    socket.write(requestBytes('GET', target));
    await vi.waitFor(() => expect(answers()).toHaveLength(1), { timeout: patience });
    await expectCalm(victim);
  });
});
