import { createServer } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import { csrf } from 'hono/csrf';
import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { photo, sha256, startBackend } from '../harness/backend.js';
import { listen } from '../harness/listen.js';
import { leadTo, serveOwnOrigin } from '../harness/own-origin.js';
import { serveSite } from '../harness/site.js';
import { slowLine } from '../harness/slow-line.js';
import { openTab, useWorld } from '../harness/world.js';

const world = useWorld();
const names = ['brick.webp', 'camera.webp', 'coffee.webp'];
const digests = await Promise.all(names.map(async (name) => sha256(await photo(name))));
const shown = digests.map((sha256) => expect.objectContaining({ sha256 }));

const getAll = (tab: Page, records: ImageRecord[]) =>
  tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), records);

async function saveAll(save: (bytes: Uint8Array) => Promise<ImageRecord | null>): Promise<ImageRecord[]> {
  const records: ImageRecord[] = [];
  for (const name of names) records.push((await save(await photo(name))) as ImageRecord);
  return records;
}

/** What a page and its browser's tools show of its requests, without their bodies and headers. */
async function tracesOf(tab: Page, work: () => Promise<unknown>): Promise<string> {
  const traces: string[] = [];
  tab.on('request', (request) => traces.push(request.url()));
  tab.on('console', (message) => traces.push(message.text(), message.location().url));
  traces.push(JSON.stringify(await work()));
  traces.push(await tab.evaluate(() => JSON.stringify(performance.getEntries())));
  return traces.join('\n');
}

test.each([
  ["the page's own origin", true],
  ['another', false],
])('to %s no proof is in a URL: not in performance entries, messages, access logs or a referrer', async (_, isOwn) => {
  const app = await serveOwnOrigin(world);
  const records = await saveAll((bytes) => app.backend.saveImage(bytes));
  const [first = expect.fail()] = records;
  const tab = await openTab(world, leadTo(app), undefined, isOwn ? app.origin : undefined);
  const traces = await tracesOf(tab, async () => {
    const one = await tab.evaluate((record) => helpers.get(record), first);
    await app.backend.deleteImage(first.id);
    const foreign = { ...first, id: `${first.id}x` };
    const failed = await tab.evaluate((record) => helpers.get(record), foreign);
    const rest = await getAll(tab, records.slice(1));
    expect([one, failed, ...rest]).toEqual([
      shown[0],
      expect.objectContaining({ code: 'PROOF_INVALID' }),
      ...shown.slice(1),
    ]);
    return [one, failed, rest];
  });
  const route = `${app.origin}/images`;
  const single = (id: string) => (isOwn ? `GET ${route}/${id} ` : `POST ${route} `);
  expect(app.log).toEqual([single(first.id), single(`${first.id}x`), `POST ${route} `]);
  expect(traces, 'the search finds what is there').toContain(route);
  for (const { statelessProof, meta } of records) {
    for (const secret of [statelessProof, encodeURIComponent(statelessProof), meta.key]) {
      expect(traces).not.toContain(secret);
    }
  }
});

test('same-origin asks where the page came from, with its port, in the page and in a worker of it', async () => {
  const app = await serveOwnOrigin(world);
  const [inPage = expect.fail(), inWorker = expect.fail()] = await saveAll((bytes) => app.backend.saveImage(bytes));
  // With the port of another endpoint, which must not be asked.
  const config = { ...leadTo(world.tap), defaultEndpointConnectHost: 'same-origin' };
  const tab = await openTab(world, config, undefined, app.origin);
  expect(await tab.evaluate((record) => helpers.get(record), inPage)).toEqual(shown[0]);
  const answer = await tab.evaluate(
    async ([script, task]) => {
      const source = await (await fetch(script)).blob();
      const { port1, port2 } = new MessageChannel();
      new Worker(URL.createObjectURL(source)).postMessage(null, [port2]);
      return new Promise((resolve) => {
        port1.onmessage = ({ data }) => resolve(data);
        port1.postMessage(task);
      });
    },
    [`${world.site.origin}/worker.js`, { record: inWorker, config }] as const,
  );
  expect(answer).toMatchObject({ type: 'image/webp', sources: ['network', 'memory'] });
  expect(app.log).toEqual([inPage, inWorker].map(({ id }) => `GET ${app.origin}/images/${id} `));
  expect(world.tap.requests).toEqual([]);
});

test('a page of an origin that is not named reads nothing, though it has the record and the user has cookies', async () => {
  const backend = await startBackend({ accessControlAllowOrigin: [world.site.origin, 'https://admin.example'] });
  onTestFinished(() => backend.close());
  const record = await backend.save(await photo('brick.webp'));
  const stranger = await serveSite();
  onTestFinished(() => stranger.close());
  const leads = { defaultEndpointConnectPort: backend.port, fetchRetries: 0 };
  const seen = await Promise.all(
    [world.site.origin, stranger.origin].map(async (origin) => {
      const tab = await openTab(world, leads, undefined, origin);
      const endpoint = `http://127.0.0.1:${backend.port}/pixstore-image`;
      await tab.context().addCookies([{ name: 'session', value: 'anna', url: endpoint }]);
      const tries = await tab.evaluate(
        async ({ endpoint, record: { id, token, statelessProof: proof } }) => {
          const one = `${endpoint}/${id}?proof=${proof}&token=${token}`;
          const body = JSON.stringify({ version: 1, images: [{ id, token, proof }] });
          const headers = { 'x-pixstore-proof': proof };
          const readable = [];
          for (const [url, init] of [
            [one, {}],
            [one, { credentials: 'include' }],
            [one, { mode: 'no-cors', credentials: 'include' }],
            [endpoint, { method: 'POST', body }],
            [endpoint, { method: 'POST', body, credentials: 'include' }],
            [one, { headers }],
            [`${endpoint}/-/health`, {}],
          ] as [string, RequestInit][]) {
            const bytes = await fetch(url, init).then(
              (answer) => answer.arrayBuffer(),
              () => new ArrayBuffer(0),
            );
            readable.push(bytes.byteLength > 0);
          }
          return readable;
        },
        { endpoint, record },
      );
      return { tries, shown: await tab.evaluate((record) => helpers.get(record), record) };
    }),
  );
  expect(seen).toEqual([
    // Nor do cookies open it to the page that is named.
    { tries: [true, false, false, true, false, true, true], shown: expect.objectContaining({ type: 'image/webp' }) },
    { tries: Array(7).fill(false), shown: expect.objectContaining({ code: 'FETCH_FAILED' }) },
  ]);
});

test('a redirect is not followed: what is asked for goes nowhere else', async () => {
  const elsewhere: string[] = [];
  const other = await listen(createServer((request) => elsewhere.push(request.url ?? '')));
  const site = await listen(
    createServer((_, response) => {
      const headers = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
      response.writeHead(307, { ...headers, Location: other.origin }).end();
    }),
  );
  onTestFinished(() => site.close());
  onTestFinished(() => other.close());
  const tab = await openTab(world, { ...leadTo(site), fetchRetries: 0 });
  const [record = expect.fail()] = await saveAll((bytes) => world.backend.save(bytes));
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ code: 'FETCH_FAILED' });
  expect(elsewhere).toEqual([]);
});

test.each([
  ["the page's own origin", true],
  ['another', false],
])(
  'to %s that wants a slash behind every path, it is asked so: by one request for each, after the first',
  async (_, isOwn) => {
    const slashes = (): MiddlewareHandler => async (context, next) => {
      const { pathname } = new URL(context.req.url);
      if (pathname.endsWith('/')) return next();
      return context.body(null, 308, { location: `${pathname}/`, 'access-control-allow-origin': '*' });
    };
    const app = await serveOwnOrigin(world, slashes);
    const [first = expect.fail(), ...others] = await saveAll((bytes) => app.backend.saveImage(bytes));
    const tab = await openTab(world, leadTo(app), undefined, isOwn ? app.origin : undefined);
    expect(await tab.evaluate((record) => helpers.get(record), first)).toEqual(shown[0]);
    expect(await getAll(tab, others)).toEqual(shown.slice(1));
    const single = isOwn ? `GET ${app.origin}/images/${first.id}` : `POST ${app.origin}/images`;
    expect(app.log).toEqual([`${single} `, `${single}/ `, `POST ${app.origin}/images/ `]);
  },
);

test.each([
  ["on the page's own origin lets batches pass", true, /^POST/],
  ['on another refuses them, and single images come without', false, /^(POST|OPTIONS|GET)/],
])("Hono's csrf() %s", async (_, isOwn, expected) => {
  const app = await serveOwnOrigin(world, () => csrf());
  const records = await saveAll((bytes) => app.backend.saveImage(bytes));
  const tab = await openTab(world, leadTo(app), undefined, isOwn ? app.origin : undefined);
  expect(await getAll(tab, records)).toEqual(shown);
  for (const line of app.log) expect(line).toMatch(expected);
  const posts = app.log.filter((line) => line.startsWith('POST')).length;
  expect(await getAll(tab, await saveAll((bytes) => app.backend.saveImage(bytes)))).toEqual(shown);
  expect(app.log.filter((line) => line.startsWith('POST')).length).toBe(isOwn ? posts + 1 : posts);
});

test('on a slow line pictures come as long as bytes do, and those that wait behind others do not run out', async () => {
  const fetchTimeout = 1000;
  const bytes = await photo('astronaut.jpg');
  const records = await Promise.all(Array.from({ length: 12 }, () => world.backend.save(bytes)));
  // The second of two requests waits longer than that for its first byte.
  const line = await slowLine(world.backend.port, (12 * bytes.length) / ((2.5 * fetchTimeout) / 1000));
  onTestFinished(() => line.close());
  const tab = await openTab(world, { defaultEndpointConnectPort: line.port, fetchTimeout, fetchRetries: 0 });
  const seen = await getAll(tab, records);
  expect(seen).toEqual(records.map(() => expect.objectContaining({ sha256: sha256(bytes) })));
});
