import type { ImageRecord } from 'pixstore/backend';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { photo, sha256 } from '../harness/backend.js';
import { useWorld } from '../harness/world.js';
import { pageOf, serve, startOwnBackend, visit } from './app.js';

const world = useWorld();

/** An application that talks to its pages over a WebSocket, and sends them their images over it too. */
async function visitLive() {
  const backend = await startOwnBackend();
  const { origin, server } = await serve(await pageOf(new URL('pages/live.ts', import.meta.url)));
  let asked = 0;
  new WebSocketServer({ server, path: '/images' }).on('connection', (socket) => {
    socket.on('message', async (message) => {
      asked += 1;
      const { ticket, id, token, proof } = JSON.parse(String(message));
      const payload = await backend.customEndpointHelper(id, token, proof);
      if (!payload) return socket.close();
      const head = Buffer.alloc(4);
      head.writeUInt32LE(ticket);
      socket.send(Buffer.concat([head, payload]));
    });
  });
  const page = await visit(world, origin, 'live');
  return { backend, page, asked: () => asked };
}

test('pictures come over a WebSocket, many at a time', async () => {
  const { backend, page, asked } = await visitLive();
  const photos = await Promise.all(['cat.png', 'coffee.webp', 'rocket.jpg', 'grass.jpg', 'brick.webp'].map(photo));
  const records: ImageRecord[] = [];
  for (const bytes of photos) {
    const record = await backend.saveImage(bytes);
    if (record) records.push(record);
  }
  const seen = await page.evaluate((records) => live.showAll(records), records);
  expect(seen.map(({ sha256 }) => sha256)).toEqual(photos.map(sha256));
  expect(seen.every(({ width, height }) => width > 0 && height > 0)).toBe(true);
  expect(asked()).toBe(photos.length);

  await page.evaluate((records) => live.showAll(records), records);
  expect(asked()).toBe(photos.length); // the cache is the same, whatever the transport
});

test('what the endpoint refuses is told as over HTTP', async () => {
  const { backend, page } = await visitLive();
  const record = await backend.saveImage(await photo('brick.webp'));
  const foreign = { ...record, statelessProof: 'made-up' } as ImageRecord;
  expect(await page.evaluate((record) => live.failure(record), foreign)).toBe('PROOF_INVALID');
});
