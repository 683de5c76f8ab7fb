import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { photo, sha256 } from '../harness/backend.js';
import { eventually, launchOptions, openContext, openTab, startFrontend, useWorld } from '../harness/world.js';

const world = useWorld();

test.each([
  ['png', 'cat.png', 'image/png', [451, 300]],
  ['webp', 'coffee.webp', 'image/webp', [600, 400]],
  ['jpg', 'rocket.jpg', 'image/jpeg', [640, 427]],
])('a %s comes back as the same bytes, and an <img> shows it', async (_, name, type, size) => {
  const bytes = await photo(name);
  const record = await world.backend.save(bytes);
  const tab = await openTab(world);
  const seen = await tab.evaluate((record) => helpers.get(record), record);
  expect(seen).toEqual({ type, bytes: bytes.length, sha256: sha256(bytes) });
  expect(await tab.evaluate((record) => helpers.show(record), record)).toEqual(size);
});

test('the endpoint sees one POST: no preflight, no cookie, no referrer, no header of ours, and a URL that says nothing', async () => {
  const record = await world.backend.save(await photo('brick.webp'), 'plain-post');
  const tab = await openTab(world);
  await tab.context().addCookies([{ name: 'session', value: 'x', url: world.tap.origin }]);
  await tab.evaluate((record) => helpers.get(record), record);
  expect(world.tap.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /pixstore-image']);
  const [{ headers } = expect.fail('no request')] = world.tap.requests;
  expect(headers['content-type']).toMatch(/^text\/plain/);
  expect(Object.keys(headers).filter((name) => /^(x-|cookie|referer|authorization)/.test(name))).toEqual([]);
});

test('a second call comes from memory, a reloaded page from disk, and neither asks the endpoint', async () => {
  const record = await world.backend.save(await photo('astronaut.jpg'));
  const tab = await openTab(world);
  const first = await tab.evaluate((record) => helpers.get(record), record);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toEqual(first);
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['network', 'memory']);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await tab.reload();
  await startFrontend(world, tab);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toEqual(first);
  expect(await tab.evaluate(() => loads)).toEqual([
    {
      id: record.id,
      token: record.token,
      source: 'disk',
      bytes: first && 'bytes' in first && first.bytes,
      milliseconds: expect.any(Number),
    },
  ]);
  expect(world.tap.requests).toHaveLength(1);
});

test('a browser that was restarted makes no request either', async () => {
  const record = await world.backend.save(await photo('grass.jpg'));
  const profile = await mkdtemp(join(tmpdir(), 'pixstore-profile-'));
  onTestFinished(() => rm(profile, { recursive: true, force: true }));
  const sources: string[][] = [];
  for (const _run of [1, 2]) {
    const context = await chromium.launchPersistentContext(profile, await launchOptions());
    const tab = await openTab(world, {}, context);
    const seen = await tab.evaluate((record) => helpers.get(record), world.backend.record(record.id));
    expect(seen).toMatchObject({ sha256: sha256(await photo('grass.jpg')) });
    await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
    sources.push(await tab.evaluate(() => loads.map(({ source }) => source)));
    await context.close();
  }
  expect(sources).toEqual([['network'], ['disk']]);
  expect(world.tap.requests).toHaveLength(1);
});

test('calls at the same time for the same version share one request', async () => {
  const record = await world.backend.save(await photo('camera.webp'));
  const tab = await openTab(world);
  const seen = await tab.evaluate(
    (record) => Promise.all(Array.from({ length: 20 }, () => helpers.get(record))),
    record,
  );
  expect(new Set(seen.map((image) => JSON.stringify(image))).size).toBe(1);
  expect(world.tap.requests).toHaveLength(1);
});

test('an old record shows the updated image, asks again next time, and a new record finds it cached', async () => {
  const old = await world.backend.save(await photo('rocket.jpg'));
  const fresh = await world.backend.update(old.id, await photo('gravel.png'));
  const tab = await openTab(world, { frontendMemoryCacheBytes: 0 });
  const expected = { type: 'image/png', sha256: sha256(await photo('gravel.png')) };
  expect(await tab.evaluate((record) => helpers.get(record), old)).toMatchObject(expected);
  expect(await tab.evaluate(() => loads[0]?.token)).toBe(fresh.token);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([old.id]);
  expect(await tab.evaluate((record) => helpers.get(record), old)).toMatchObject(expected);
  expect(await tab.evaluate((record) => helpers.get(record), fresh)).toMatchObject(expected);
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['network', 'network', 'disk']);
  expect(world.tap.requests).toHaveLength(2);
});

test('a decrypted cache shows the same image after a reload', async () => {
  const record = await world.backend.save(await photo('coffee.webp'));
  const config = { frontendCacheContents: 'decrypted' } as const;
  const tab = await openTab(world, config);
  const first = await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await tab.reload();
  await startFrontend(world, tab, config);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toEqual(first);
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['disk']);
});

test('two tabs share the disk cache', async () => {
  const record = await world.backend.save(await photo('retina.jpg'));
  const context = await openContext(world);
  const one = await openTab(world, {}, context);
  const two = await openTab(world, {}, context);
  await one.evaluate((record) => helpers.get(record), record);
  await eventually(() => one.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await two.evaluate((record) => helpers.get(record), record);
  expect(await two.evaluate(() => loads.map(({ source }) => source))).toEqual(['disk']);
});

test.each(['dedicated', 'shared', 'service'] as const)('a %s worker gets images too', async (kind) => {
  const bytes = await photo('cat.png');
  const task = {
    record: await world.backend.save(bytes),
    config: { defaultEndpointConnectHost: '127.0.0.1', defaultEndpointConnectPort: world.tap.port },
  };
  const tab = await openTab(world);
  const answer = await tab.evaluate(
    async ([kind, task]) => {
      const { port1, port2 } = new MessageChannel();
      let port = port1;
      if (kind === 'dedicated') new Worker('/worker.js').postMessage(null, [port2]);
      if (kind === 'shared') port = new SharedWorker('/worker.js').port;
      if (kind === 'service') {
        await navigator.serviceWorker.register('/worker.js');
        (await navigator.serviceWorker.ready).active?.postMessage(null, [port2]);
      }
      return new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data);
        port.postMessage(task);
      });
    },
    [kind, task] as const,
  );
  expect(answer).toEqual({ type: 'image/png', bytes: bytes.length, sources: ['network', 'memory'] });
  // Page and workers share one cache.
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([task.record.id]);
  expect(await tab.evaluate((record) => helpers.get(record), task.record)).toMatchObject({ sha256: sha256(bytes) });
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['disk']);
});
