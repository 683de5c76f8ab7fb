import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from './run.js';
import { createSmallApp, startServer } from './small-app.js';

const photos = ['cat.png', 'coffee.webp', 'rocket.jpg', 'brick.webp', 'grass.jpg', 'camera.webp'];

/** Sends each photo, asks for its record and for the picture. Says which workers answered. */
async function sendAndGet(folder: string, origin: string): Promise<number[]> {
  const paths = photos.map((name) => join(root, 'demo/photos', name));
  const output = await run(process.execPath, ['client.js', origin, ...paths], folder);
  const { same, workers } = JSON.parse(output);
  expect(same).toBe(photos.length);
  return workers;
}

test('a cluster: what one worker saved others hand out and serve, from the first start on, whichever is killed', async () => {
  const folder = await createSmallApp('cluster');
  const { origin, log } = await startServer(folder);
  const started = (count: number) =>
    expect.poll(() => log().match(/listening/g)?.length, { timeout: 20_000 }).toBe(count);
  await started(3);
  const workers = await sendAndGet(folder, origin);
  expect(workers.length).toBeGreaterThan(1);
  process.kill(workers[0] ?? 0, 'SIGKILL');
  await started(4);
  expect(await sendAndGet(folder, origin)).not.toContain(workers[0]);
  // One of the three made the key, though all began at once, and nothing else was worth a word.
  const lines = log()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('listening'));
  expect(lines).toEqual([expect.stringContaining('made a master key')]);
});
