import { expect, test, vi } from 'vitest';
import { requestBytes } from '../support/raw-http.js';
import { batchRequest, openConnection } from './support/connection.js';
import { expectCalm, expectService, largePhoto, patience, route, targetOf, withPicture } from './victim/with-victim.js';

const mebibyte = 1024 * 1024;
// What 64 clients may make the process hold, of 64 pictures of 20 MiB each: system and stream buffers, and garbage.
const bearable = 100 * mebibyte;

test('a batch that asks for the same large picture 256 times is sent at the pace of its reader', async () => {
  const { victim, target } = await withPicture();
  const { id, token, statelessProof: proof } = await victim.save(largePhoto(20), { id: 'large' });
  const before = await victim.memory();
  await victim.peak();

  const { socket } = await openConnection(victim.port);
  let received = 0;
  socket.removeAllListeners('data');
  socket.on('data', (chunk) => {
    received += chunk.length;
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
  socket.write(batchRequest(route, Array(256).fill({ id, token, proof })));
  await vi.waitFor(() => expect(received).toBeGreaterThan(50 * mebibyte), { timeout: 60_000 });
  await expectService(victim, target);
  expect((await victim.peak()) - before.rss).toBeLessThan(bearable);
  expect((await victim.open()).files).toBeLessThan(10);
  socket.resetAndDestroy();
  await expectCalm(victim);
});

test('64 clients that ask for large pictures, one by one and in batches, and never read', async () => {
  const { victim, target } = await withPicture();
  const large = await victim.save(largePhoto(20), { id: 'large' });
  const entry = { id: large.id, token: large.token, proof: large.statelessProof };
  const before = await victim.memory();
  await victim.peak();

  const connections = [];
  for (let client = 0; client < 64; client += 1) {
    const { socket } = await openConnection(victim.port);
    socket.pause();
    socket.write(client % 2 ? requestBytes('GET', targetOf(large)) : batchRequest(route, [entry, entry, entry]));
    connections.push(socket);
  }
  await vi.waitFor(async () => expect((await victim.open()).answers).toBe(64), { timeout: patience });
  await expectService(victim, target);
  expect((await victim.peak()) - before.rss).toBeLessThan(bearable);
  for (const socket of connections) socket.resetAndDestroy();
  await expectCalm(victim);
});

test('a client that hangs up in the middle of an answer costs nothing from then on', async () => {
  const { victim, target } = await withPicture();
  const large = await victim.save(largePhoto(20), { id: 'large' });
  const entry = { id: large.id, proof: large.statelessProof };
  for (let round = 0; round < 10; round += 1) {
    for (const request of [requestBytes('GET', targetOf(large)), batchRequest(route, Array(50).fill(entry))]) {
      const { socket } = await openConnection(victim.port);
      socket.write(request);
      await new Promise((resolve) => socket.once('data', resolve));
      if (round % 2) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
  await expectCalm(victim);
  await expectService(victim, target);
});
