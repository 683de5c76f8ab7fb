import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createUploadHandler, type ImageRecord, type NodeRequest, type UploadOptions } from 'pixstore/backend';
import { expect, onTestFinished, test, vi } from 'vitest';
import { drawPng } from '../../support/drawn-images.js';
import { withMorePixels } from '../../support/small-picture.js';
import { photo, sha256 } from '../harness/backend.js';
import { listen } from '../harness/listen.js';
import type { SeenUpload } from '../harness/page.js';
import { serveUploadSite, type UploadSite } from '../harness/upload-site.js';
import { openTab, useWorld } from '../harness/world.js';

const mebibyte = 1024 * 1024;
const world = useWorld({ maxImageBytes: 64 * mebibyte });

const brick = await photo('brick.webp');
// More than the buffers of two sockets hold: it is not sent before the server reads it.
const large = withMorePixels(drawPng(8, 8), Buffer.alloc(24 * mebibyte));
const files = { brick, large, text: Buffer.from('no image'), half: brick.subarray(0, 2000), empty: Buffer.alloc(0) };

const serveSite = (
  ...given: Parameters<typeof serveUploadSite> extends [unknown, unknown, ...infer Rest] ? Rest : never
) => serveUploadSite(world, files, ...given);

const openPage = (site: UploadSite) => openTab(world, {}, undefined, site.origin);

async function expectToBeSaved({ record, error }: SeenUpload, bytes: Uint8Array) {
  expect(error).toBeUndefined();
  const saved = await world.backend.readImage(record?.id ?? '');
  expect(sha256(saved?.bytes ?? new Uint8Array())).toBe(sha256(bytes));
}

test('a file is saved as it is, whatever it calls itself, and its record shows it', async () => {
  const tab = await openPage(await serveSite());
  for (const type of ['image/webp', 'image/jpeg', 'text/plain', '']) {
    const seen = await tab.evaluate((type) => helpers.upload('/files/brick', type, { url: '/photos' }), type);
    await expectToBeSaved(seen, brick);
    expect(seen.told.at(-1)).toEqual({ loaded: brick.length, total: brick.length });
    const shown = await tab.evaluate((record) => helpers.get(record), seen.record as ImageRecord);
    expect(shown).toMatchObject({ type: 'image/webp', sha256: sha256(brick) });
  }
});

test('headers arrive, cookies of the own origin too, and the content type is that of the file', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const site = await serveSite({
    authorize: ({ headers }) => {
      seen.push(headers as IncomingMessage['headers']);
      return true;
    },
  });
  const tab = await openPage(site);
  await tab.context().addCookies([{ name: 'login', value: 'ann', url: site.origin }]);
  const headers = { authorization: 'Bearer abc', 'content-type': 'text/plain' };
  await tab.evaluate((headers) => helpers.upload('/files/brick', 'image/webp', { url: 'photos', headers }), headers);
  expect(seen).toMatchObject([{ authorization: 'Bearer abc', cookie: 'login=ann', 'content-type': 'image/webp' }]);
});

test('progress is told while a file is sent: it only grows, and ends with the whole file', async () => {
  let read = () => {};
  const site = await serveSite(
    {},
    {
      '/held': (_request, _response, next) => {
        read = () => {
          read = () => {};
          next();
        };
      },
    },
  );
  const tab = await openPage(site);
  await tab.exposeFunction('sent', (loaded: number) => {
    if (loaded > mebibyte) read();
  });
  const seen = await tab.evaluate(() =>
    helpers.upload('/files/large', 'image/png', {
      url: '/held',
      onProgress: ({ loaded }) => (globalThis as unknown as { sent(loaded: number): void }).sent(loaded),
    }),
  );
  await expectToBeSaved(seen, large);
  const loaded = seen.told.map((each) => each.loaded);
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded[0]).toBeLessThan(large.length);
  expect(loaded).toEqual([...new Set(loaded)].sort((one, other) => one - other));
  expect(seen.told.at(-1)).toEqual({ loaded: large.length, total: large.length });
});

test.each(['throws', 'rejects'])('an onProgress that %s stops nothing, and goes uncaught nowhere', async (how) => {
  const tab = await openPage(await serveSite());
  const seen = await tab.evaluate(
    (how) =>
      helpers.upload('/files/brick', 'image/webp', {
        url: '/photos',
        onProgress: (): never | Promise<never> => {
          if (how === 'throws') throw new Error('no bar');
          return Promise.reject(new Error('no bar'));
        },
      }),
    how,
  );
  await expectToBeSaved(seen, brick);
});

test('what the handler refuses has its code, sentence and status', async () => {
  const refusing = (settings: Partial<UploadOptions<NodeRequest>>) =>
    createUploadHandler(world.backend, { authorize: () => true, dir: 'sent', ...settings });
  const site = await serveSite(
    {},
    {
      '/small': refusing({ maxImageBytes: 1000 }),
      '/forbidden': refusing({ authorize: () => false }),
      '/nowhere': refusing({ dir: 'No folder' }),
    },
  );
  const tab = await openPage(site);
  for (const [file, url, status, code] of [
    ['large', '/small', 413, 'IMAGE_TOO_LARGE'],
    ['brick', '/small', 413, 'IMAGE_TOO_LARGE'],
    ['text', '/photos', 415, 'IMAGE_NOT_RECOGNIZED'],
    ['half', '/photos', 422, 'IMAGE_TRUNCATED'],
    ['empty', '/photos', 422, 'IMAGE_EMPTY'],
    ['brick', '/forbidden', 403, 'UPLOAD_FORBIDDEN'],
    ['brick', '/nowhere', 400, 'IMAGE_DIR_INVALID'],
  ] as const) {
    const seen = await tab.evaluate(([path, url]) => helpers.upload(path, 'image/webp', { url }), [
      `/files/${file}`,
      url,
    ] as const);
    expect(seen, `${file} to ${url}`).toMatchObject({
      error: { name: 'PixstoreError', code, status, message: expect.stringMatching(/^[A-Z].*\.$/) },
      isRemembered: true,
    });
    expect(seen.error?.message).not.toContain('HTTP status');
  }
});

test('what others answer is told by its status, and what is no record is none', async () => {
  const answers = [
    [413, 'IMAGE_TOO_LARGE', '<html>413 Request Entity Too Large</html>'],
    [401, 'UPLOAD_FORBIDDEN', '{"error":"log in"}'],
    [429, 'RATE_LIMITED', ''],
    [404, 'UPLOAD_REFUSED', 'Cannot POST /photos'],
    [502, 'UPLOAD_REFUSED', '<html>502 Bad Gateway</html>'],
    [422, 'UPLOAD_REFUSED', '{"code":"NOT_OURS","message":"Something."}'],
    [500, 'UPLOAD_REFUSED', '{"code":"constructor","message":"Something."}'],
    [201, 'UPLOAD_ANSWER_INVALID', '{"photo":1}'],
    [200, 'UPLOAD_ANSWER_INVALID', '<html>Log in</html>'],
  ] as const;
  const routes = answers.map(([status, , body], at): [string, RequestListener] => [
    `/${at}`,
    (request, response) => request.resume().on('end', () => response.writeHead(status).end(body)),
  ]);
  const tab = await openPage(await serveSite({}, Object.fromEntries(routes)));
  for (const [at, [status, code, body]] of answers.entries()) {
    const seen = await tab.evaluate((url) => helpers.upload('/files/brick', 'image/webp', { url }), `/${at}`);
    expect(seen, body).toMatchObject({ error: { name: 'PixstoreError', code, status }, isRemembered: true });
  }
});

test('a line that is cut midway, a server that is gone and one without CORS headers are no answer', async () => {
  const gone = await listen(createServer());
  await gone.close();
  const stranger = await listen(
    createServer((request, response) => request.resume().on('end', () => response.end('{}'))),
  );
  onTestFinished(() => stranger.close());
  const site = await serveSite({}, { '/cut': (request) => request.once('data', () => request.destroy()) });
  const tab = await openPage(site);
  for (const url of ['/cut', `${gone.origin}/photos`, `${stranger.origin}/photos`]) {
    const seen = await tab.evaluate((url) => helpers.upload('/files/large', 'image/png', { url }), url);
    expect(seen, url).toMatchObject({ error: { code: 'UPLOAD_UNANSWERED', status: 502 }, isRemembered: true });
  }
});

test('an upload that is aborted midway rejects with the reason, is told to nobody as an error, and leaves nothing', async () => {
  const saved = vi.fn();
  let read = async (): Promise<boolean> => expect.fail('nothing was sent');
  const site = await serveSite(
    { onSaved: saved },
    {
      '/held': (request, response, next) => {
        read = async () => {
          next();
          await once(response, 'close');
          return request.complete;
        };
      },
    },
  );
  const tab = await openPage(site);
  const seen = await tab.evaluate(async () => {
    const abort = new AbortController();
    return helpers.upload('/files/large', 'image/png', {
      url: '/held',
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
  });
  expect(seen).toMatchObject({ error: { name: 'AbortError' }, isRemembered: false });
  expect(seen.told.length).toBe(1);
  expect(await read()).toBe(false);
  expect(saved).not.toHaveBeenCalled();
});

test('an upload that is aborted before it begins sends nothing; one that runs out of time says so', async () => {
  const site = await serveSite({}, { '/held': () => {} });
  const tab = await openPage(site);
  const seen = await tab.evaluate(async () => [
    await helpers.upload('/files/brick', '', { url: '/photos', signal: AbortSignal.abort() }),
    await helpers.upload('/files/brick', '', { url: '/held', signal: AbortSignal.timeout(50) }),
  ]);
  expect(seen).toMatchObject([{ error: { name: 'AbortError' } }, { error: { name: 'TimeoutError' } }]);
  expect(site.log).not.toContain('POST /photos');
});

test('to another origin cookies go only where that is asked for', async () => {
  const cookies: unknown[] = [];
  const api = await serveSite(
    {},
    {
      '/api': (request, response, next) => {
        const allow = { Origin: request.headers.origin, Credentials: 'true', Headers: 'content-type', Methods: 'POST' };
        for (const [name, value] of Object.entries(allow))
          response.setHeader(`Access-Control-Allow-${name}`, value ?? '');
        if (request.method === 'OPTIONS') return response.writeHead(204).end();
        cookies.push(request.headers.cookie);
        next();
      },
    },
  );
  const tab = await openPage(await serveSite());
  const url = `${api.origin}/api`;
  await tab.context().addCookies([{ name: 'login', value: 'ann', url }]);
  for (const credentials of ['same-origin', 'include'] as const) {
    const seen = await tab.evaluate(
      ([url, credentials]) => helpers.upload('/files/brick', 'image/webp', { url, credentials }),
      [url, credentials] as const,
    );
    await expectToBeSaved(seen, brick);
  }
  expect(cookies).toEqual([undefined, expect.stringContaining('login=ann')]);
});
