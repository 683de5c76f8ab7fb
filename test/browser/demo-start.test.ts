import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GalleryAnswer } from '../../demo/answers.js';
import { makeVariation, openPhoto } from '../../demo/server/variations.js';
import { freePort, removeDataDir, runDemo, temporaryDataDir } from './demo-runner.js';

const photo = 'demo/photos/coffee.webp';

async function start(port: number, dataDir: string, ...flags: string[]) {
  const demo = await runDemo(port, dataDir, ...(flags.includes('--pictures') ? flags : [...flags, '--pictures', '10']));
  onTestFinished(async () => void (await demo.stop()));
  return demo;
}

async function dataDir(): Promise<string> {
  const dir = await temporaryDataDir();
  onTestFinished(() => removeDataDir(dir));
  return dir;
}

async function titles(url: string): Promise<string[]> {
  const answer = (await (await fetch(`${url}/api/images`)).json()) as GalleryAnswer;
  return answer.pictures.map((picture) => picture.title);
}

test('a taken port is said, and the next free one used', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  onTestFinished(() => void squatter.close());
  const { port } = squatter.address() as AddressInfo;

  const demo = await start(port, await dataDir());

  expect(demo.output).toMatch(new RegExp(`Port ${port} is taken: using ${new URL(demo.url).port}\\.`));
  expect(await titles(demo.url)).toContain('Chelsea');
});

test('pictures are kept between runs; --fresh starts over and leaves other files in the folder alone', async () => {
  const dir = await dataDir();
  await writeFile(join(dir, 'diary.txt'), 'not the demo’s');
  const port = await freePort();

  const first = await start(port, dir);
  const samples = await titles(first.url);
  await fetch(`${first.url}/api/images?name=mine.webp`, { method: 'POST', body: await readFile(photo) });
  expect(await first.stop()).toBe(0);

  const second = await start(port, dir);
  expect(await titles(second.url)).toEqual(['mine', ...samples]);
  expect(await second.stop()).toBe(0);

  const third = await start(port, dir, '--fresh');
  expect(await titles(third.url)).toEqual(samples);
  expect(await readFile(join(dir, 'diary.txt'), 'utf8')).toBe('not the demo’s');
});

test('samples are made by and by, the same ones in every gallery; a next run goes on with them', async () => {
  const dir = await dataDir();
  const first = await start(await freePort(), dir, '--pictures', '45');
  expect((await titles(first.url)).length).toBeGreaterThanOrEqual(10);
  expect(await first.stop()).toBe(0);

  const second = await start(await freePort(), dir, '--pictures', '45');
  await expect.poll(async () => (await titles(second.url)).length, { timeout: 20_000 }).toBe(45);
  expect(new Set(await titles(second.url)).size).toBe(45);
  const photo = await openPhoto('demo/photos/hubble.jpg', true);
  const same = await Promise.all([makeVariation(photo, 12), makeVariation(photo, 12), makeVariation(photo, 22)]);
  expect(same[0].equals(same[1])).toBe(true);
  expect(same[0].equals(same[2])).toBe(false);
});

test('an unknown option or a port out of range is refused with a sentence', async () => {
  const dir = await dataDir();
  await expect(runDemo(await freePort(), dir, '--pictures', 'many')).rejects.toThrow(
    '--pictures takes a number from 0.',
  );

  await expect(runDemo(70_000, dir)).rejects.toThrow('--port takes a number from 1 to 65000.');
  await expect(runDemo(await freePort(), dir, '--frsh')).rejects.toThrow("Unknown option '--frsh'");
});
