import { describe, expect, test, vi } from 'vitest';
import { sendAll } from '../support/raw-http.js';
import { batchRequest, openConnection } from './support/connection.js';
import { expectCalm, expectService, patience, route, withPicture } from './victim/with-victim.js';

const head = (length: number) => `POST ${route} HTTP/1.1\r\nHost: images.test\r\nContent-Length: ${length}\r\n\r\n`;

const handlers = [
  ['the default endpoint', undefined],
  ['createNodeHandler', 'node'],
  ['createFetchHandler', 'fetch'],
] as const;

describe.each(handlers)('bodies of batches that never end: %s', (_, handler) => {
  /** So many strangers begin a batch, all of them from the address that everybody else comes from. */
  async function begin(port: number, strangers: number, length = 1_000, body = '{"version"') {
    return Promise.all(
      Array.from({ length: strangers }, async () => {
        const connection = await openConnection(port);
        connection.socket.write(head(length) + body);
        return connection;
      }),
    );
  }

  test('1,200 of them keep nobody from sending his', async () => {
    const { victim, record, target } = await withPicture({ handler, maxConcurrentAnswers: 100 });
    const strangers = await begin(victim.port, 1_200);
    const entry = { id: record.id, token: record.token, proof: record.statelessProof };
    const [answer] = await sendAll(victim.port, batchRequest(route, [entry], ['Connection: close']));
    expect([answer?.status, answer?.body[4]]).toEqual([200, 0]);
    await expectService(victim, target);
    expect((await victim.open()).answers).toBe(0);
    for (const { socket } of strangers) socket.destroy();
    await expectCalm(victim);
  });

  test('end when their time is up, and what they have sent is let go of', async () => {
    const timeouts = { body: 300 };
    const { victim, target } = await withPicture({
      handler,
      defaultEndpointTimeouts: timeouts,
      handlerOptions: { timeouts },
    });
    const strangers = await begin(victim.port, 50, 200_000, 'x'.repeat(100_000));
    await expectService(victim, target);
    for (const { answers } of strangers) {
      await vi.waitFor(() => expect(answers()[0]?.status).toBe(408), { timeout: patience, interval: 20 });
    }
    for (const { socket } of strangers) socket.destroy();
    await expectCalm(victim);
  });
});
