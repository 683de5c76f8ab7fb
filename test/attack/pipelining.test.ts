import { expect, test, vi } from 'vitest';
import { requestBytes, sendAll } from '../support/raw-http.js';
import { batchRequest, openConnection } from './support/connection.js';
import { expectCalm, expectService, largePhoto, patience, route, targetOf, withPicture } from './victim/with-victim.js';

const get = (target: string, method = 'GET') => `${method} ${target} HTTP/1.1\r\nHost: images.test\r\n\r\n`;

test('requests that come without waiting for answers are answered in their order', async () => {
  const { victim, record, target, pictureBytes } = await withPicture();
  const large = await victim.save(largePhoto(2), { id: 'large' });
  const answers = await sendAll(
    victim.port,
    Buffer.concat([
      Buffer.from(get(targetOf(large))),
      Buffer.from(get(`${route}/nobody`)),
      Buffer.from(batchRequest(route, [{}, { id: record.id, proof: record.statelessProof, token: record.token }])),
      Buffer.from(get('/elsewhere')),
      Buffer.from(get(target, 'DELETE')),
      Buffer.from(get(`${target}NaN`)),
      requestBytes('GET', target),
    ]),
  );
  expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
    [200, 2 * 1024 * 1024 + 2],
    [200, 1],
    [200, 4 + 1 + 4 + 1 + pictureBytes],
    [404, 'Not found.\n'.length],
    [405, expect.any(Number)],
    [400, expect.any(Number)],
    [200, 1 + pictureBytes],
  ]);
  await expectCalm(victim);
});

// Behind createFetchHandler such answers go when nobody has read on for a minute; its own tests show that.
const handlers = [
  ['the default endpoint', undefined],
  ['createNodeHandler', 'node'],
] as const;

test.each(handlers)(
  'answers that wait for their turn go with the connection of a client that vanishes: %s',
  async (_, handler) => {
    const { victim, target } = await withPicture({ handler });
    const large = await victim.save(largePhoto(20), { id: 'large' });
    // The first is never read to its end, so that all others wait behind it: small ones, batches, and open files.
    const requests = [
      get(targetOf(large)),
      get(target),
      batchRequest(route, [{ id: 'nobody', proof: 'none' }]),
      get(targetOf(large)),
      get(`${route}/nobody`),
    ];
    for (let round = 0; round < 20; round += 1) {
      const { socket } = await openConnection(victim.port);
      socket.pause();
      socket.write(requests.join('').repeat(4));
      await vi.waitFor(async () => expect((await victim.open()).answers).toBeGreaterThan(5), {
        timeout: patience,
        interval: 5,
      });
      socket.resetAndDestroy();
    }
    await expectCalm(victim);
    await expectService(victim, target);
  },
);

test.each(handlers)('a stranger who sends batches and vanishes takes no slot from anybody: %s', async (_, handler) => {
  // A batch is answered a moment later, and what comes behind it waits.
  const { victim, target } = await withPicture({ handler, maxConcurrentAnswers: 20 });
  const requests = batchRequest(route, [{ id: 'nobody', proof: 'none' }]) + get(`${route}/nobody`).repeat(10);
  for (let round = 0; round < 50; round += 1) {
    const { socket } = await openConnection(victim.port);
    socket.write(requests);
    socket.resetAndDestroy();
  }
  await expectCalm(victim);
  await expectService(victim, target);
});

test('a thousand requests at once on one connection cost no warning, and are all answered', async () => {
  const { victim, target } = await withPicture();
  const answers = await sendAll(victim.port, get(`${route}/nobody`).repeat(1_000) + requestBytes('GET', target));
  expect(answers).toHaveLength(1_001);
  await expectCalm(victim);
});
