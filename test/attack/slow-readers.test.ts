import { describe, expect, test, vi } from 'vitest';
import { sendRequest } from '../support/raw-http.js';
import { batchRequest, openConnection } from './support/connection.js';
import { nothingOpen, type Victim } from './victim/start-victim.mjs';
import { expectCalm, expectService, largePhoto, patience, route, targetOf, withPicture } from './victim/with-victim.js';

const handlers = [
  ['the default endpoint', undefined],
  ['createNodeHandler', 'node'],
  ['createFetchHandler', 'fetch'],
] as const;

describe.each(handlers)('clients that read a little now and then: %s', (_, handler) => {
  /** Asks for much and reads a few bytes at a time, which keeps the connection busy. */
  async function sip(port: number, request: string) {
    const connection = await openConnection(port);
    const { socket } = connection;
    socket.removeAllListeners('data');
    socket.pause();
    socket.write(request);
    const timer = setInterval(() => socket.read(30), 20); // 1.5 KB a second
    socket.once('close', () => clearInterval(timer));
    return connection;
  }

  /** What stands for a server around a fetch handler says that answers were broken off. */
  const expectNothingOpen = async (victim: Victim) =>
    handler === 'fetch'
      ? vi.waitFor(async () => expect(await victim.open()).toEqual(nothingOpen), { timeout: patience, interval: 50 })
      : expectCalm(victim);

  test('are ended, though their connections never stand still for long', async () => {
    const timeouts = { slow: 800 };
    const { victim, target } = await withPicture({
      handler,
      defaultEndpointTimeouts: timeouts,
      handlerOptions: { timeouts },
    });
    const { id, token, statelessProof: proof } = await victim.save(largePhoto(20), { id: 'large' });
    const one = `GET ${targetOf({ id, token, statelessProof: proof } as never)} HTTP/1.1\r\nHost: images.test\r\n\r\n`;
    const many = batchRequest(route, Array(20).fill({ id, token, proof }));
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, client) => sip(victim.port, client % 2 ? one : many)),
    );
    await vi.waitFor(async () => expect((await victim.open()).answers).toBe(10), { timeout: patience, interval: 10 });
    await expectService(victim, target);
    await vi.waitFor(async () => expect((await victim.open()).answers).toBe(0), { timeout: patience, interval: 20 });
    for (const { socket } of clients) socket.destroy();
    await expectNothingOpen(victim);
  });

  test('give their room to whoever comes, when there is no other', async () => {
    const { victim, target } = await withPicture({ handler, maxConcurrentAnswers: 8 });
    const large = await victim.save(largePhoto(20), { id: 'large' });
    const request = `GET ${targetOf(large)} HTTP/1.1\r\nHost: images.test\r\n\r\n`;
    const clients = [];
    // One after the other: so many at once would be too many that wait for the disk.
    for (let answers = 0; answers < 7; { answers } = await victim.open()) clients.push(await sip(victim.port, request));
    // At first there is none, then those make some that have stood still for five seconds.
    await vi.waitFor(
      async () => {
        const { body } = await sendRequest(victim.port, 'GET', target);
        expect(body[0]).toBe(0);
      },
      { timeout: patience, interval: 100 },
    );
    for (const { socket } of clients) socket.destroy();
    await expectNothingOpen(victim);
  });
});
