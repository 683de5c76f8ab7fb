import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openConnection } from './support/connection.js';
import { expectCalm, expectService, patience, withPicture } from './victim/with-victim.js';

// `CROWD=10000` shows it with as many as the default lets in.
const crowd = Number(process.env.CROWD ?? 1_000);
const atOnce = 200; // connections that are being made, so that none is turned away by the system
const perConnection = 32 * 1024; // bytes, in the server's process

/** So many connections that say nothing. */
async function gather(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(atOnce, count - sockets.length) }, () => connect(port, '127.0.0.1'));
    sockets.push(...next);
    await Promise.all(
      next.map((socket) => new Promise<void>((resolve) => socket.on('error', () => {}).once('connect', resolve))),
    );
  }
  return sockets;
}

test(`${crowd} idle connections: others are served, memory stays, and they are ended`, async () => {
  const headers = 5_000 + crowd; // time enough to gather them
  const { victim, target } = await withPicture({
    defaultEndpointTimeouts: { headers },
    defaultEndpointMaxConnections: crowd + 10,
  });
  await expectService(victim, target);
  const before = await victim.memory();
  await gather(victim.port, crowd);
  await vi.waitFor(async () => expect((await victim.open()).sockets).toBe(crowd), { timeout: patience });
  await expectService(victim, target);
  const { rss } = await victim.memory();
  expect((rss - before.rss) / crowd).toBeLessThan(perConnection);
  await vi.waitFor(async () => expect((await victim.open()).sockets).toBe(0), {
    timeout: headers + patience,
    interval: 200,
  });
  await expectService(victim, target);
  await expectCalm(victim);
});

test('connections above the bound are turned away, and let in again when others have gone', async () => {
  const { victim, target } = await withPicture({ defaultEndpointMaxConnections: 20 });
  const sockets = await gather(victim.port, 20);
  await vi.waitFor(async () => expect((await victim.open()).sockets).toBe(20), { timeout: patience });
  const turnedAway = await openConnection(victim.port);
  await turnedAway.closed;
  expect(turnedAway.answers()).toEqual([]);
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expectService(victim, target), { timeout: patience });
  await expectCalm(victim);
});
