import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createUploadHandler,
  type NodeRequest,
  type PixstoreBackend,
  type UploadOptions,
} from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';

const cat = photo('cat.png');
const nothing = { bodies: 0, bytes: 0 };

async function openApp(
  options: Partial<UploadOptions<NodeRequest>> = {},
  config: Parameters<typeof openBackend>[0] = {},
) {
  const backend = await openBackend(config);
  const upload = createUploadHandler(backend, { authorize: () => true, dir: null, ...options });
  const { url } = await listen(upload);
  return { backend, url, port: Number(new URL(url).port), load: () => backend.uploads.load() };
}

/** Sends the beginning of an upload over a bare connection, and gathers what comes back. */
function begin(port: number, headers: string[], body: Uint8Array = new Uint8Array()) {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const answer = { text: '', isClosed: false };
  socket.on('data', (chunk) => {
    answer.text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    answer.isClosed = true;
  });
  socket.write(['POST / HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n'));
  socket.write(body);
  return { socket, answer };
}

const png = (length: number | string) => ['Content-Type: image/png', `Content-Length: ${length}`];
const statusOf = (answer: { text: string }) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer.text)?.[1]);
const imagesOf = async (backend: PixstoreBackend) => (await backend.stats())?.images;

describe('uploads that are too large', () => {
  it('are refused by what they say of themselves, before a byte of them is read', async () => {
    const { port, load } = await openApp();
    const { answer } = begin(port, png(10 ** 12));
    await expect.poll(() => statusOf(answer)).toBe(413);
    expect(answer.text).toContain('"code":"IMAGE_TOO_LARGE"');
    expect(load()).toEqual(nothing);
  });

  it('are refused as soon as they are, when they say nothing', async () => {
    const { port, load } = await openApp({ maxImageBytes: 100_000 });
    const { socket, answer } = begin(port, ['Content-Type: image/png', 'Transfer-Encoding: chunked']);
    const chunk = Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x4000, 1), Buffer.from('\r\n')]);
    for (let sent = 0; sent < 8; sent += 1) socket.write(chunk); // and no end
    await expect.poll(() => statusOf(answer)).toBe(413);
    expect(load()).toEqual(nothing);
  });

  it('may be sent to their end, and the connection goes on; who never ends is cut off', async () => {
    const { port } = await openApp({ maxImageBytes: 1_000, timeouts: { slow: 100 } });
    const whole = begin(port, png(50_000));
    await expect.poll(() => statusOf(whole.answer)).toBe(413);
    whole.socket.write(Buffer.alloc(50_000));
    whole.answer.text = '';
    whole.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await expect.poll(() => statusOf(whole.answer)).toBe(415);
    const endless = begin(port, png(10 ** 12));
    await expect.poll(() => endless.answer.isClosed).toBe(true);
    expect(statusOf(endless.answer)).toBe(413);
  });

  it('never are larger than the backend allows, whatever the handler says', async () => {
    const { url } = await openApp({ maxImageBytes: 10 ** 9 }, { maxImageBytes: 1_000 });
    const headers = { 'content-type': 'image/png' };
    expect((await fetch(url, { method: 'POST', headers, body: cat as BodyInit })).status).toBe(413);
  });
});

describe('uploads that do not come to an end', () => {
  it.each<[string, UploadOptions<NodeRequest>['timeouts']]>([
    ['slower than 4 KiB a second', { slow: 100 }],
    ['longer than a body may take', { body: 100 }],
  ])('are given up: %s', async (_, timeouts) => {
    const { backend, port, load } = await openApp({ timeouts });
    const { answer } = begin(port, png(cat.length), cat.subarray(0, 100));
    await expect.poll(() => statusOf(answer)).toBe(408);
    expect(answer.text).toContain('"code":"UPLOAD_TOO_SLOW"');
    expect(load()).toEqual(nothing);
    expect(await imagesOf(backend)).toBe(0);
  });

  it('leave nothing when their client goes away', async () => {
    const { backend, port, load } = await openApp();
    const { socket } = begin(port, png(cat.length), cat.subarray(0, 50_000));
    await expect.poll(load).toEqual({ bodies: 1, bytes: 50_000 });
    socket.destroy();
    await expect.poll(load).toEqual(nothing);
    expect(await imagesOf(backend)).toBe(0);
  });

  it('leave nothing when their web-standard request is aborted', async () => {
    const backend = await openBackend();
    const upload = createUploadHandler<Request>(backend, { authorize: () => true, dir: null });
    const aborted = new AbortController();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(cat.subarray(0, 50_000)) });
    const headers = { 'content-type': 'image/png' };
    const init = { method: 'POST', body, headers, signal: aborted.signal, duplex: 'half' };
    const answered = upload(new Request('http://a.example', init as RequestInit));
    await expect.poll(() => backend.uploads.load()).toEqual({ bodies: 1, bytes: 50_000 });
    aborted.abort();
    expect((await answered).status).toBe(400);
    expect(backend.uploads.load()).toEqual(nothing);
    expect(await imagesOf(backend)).toBe(0);
  });

  it('give way to others when there are too many bytes of them, and who comes fast is served', async () => {
    const { port, url, load } = await openApp({}, { maxQueuedBytes: 100_000 }); // 400,000 of uploads
    const slow = Array.from({ length: 5 }, () => begin(port, png(200_000), cat.subarray(0, 90_000)));
    await expect.poll(() => slow.filter(({ answer }) => statusOf(answer) === 503)).toHaveLength(1);
    expect(load()).toEqual({ bodies: 4, bytes: 360_000 });
    const headers = { 'content-type': 'image/png' };
    const [first] = slow.filter(({ answer }) => statusOf(answer) === 503);
    for (let fast = 0; fast < 3; fast += 1) {
      expect((await fetch(url, { method: 'POST', headers, body: cat as BodyInit })).status).toBe(201);
    }
    expect(first?.answer.text).toMatch(/"code":"UPLOAD_CROWDED_OUT"/);
    expect(first?.answer.text).toMatch(/retry-after: 1/i);
  });

  it('give way by the client that has most of them', async () => {
    const clientOf = (request: NodeRequest) => request.headers['x-user']?.toString();
    const { port } = await openApp({ clientOf }, { maxQueuedBytes: 100_000 });
    const start = (user: string) => begin(port, [...png(200_000), `x-user: ${user}`], cat.subarray(0, 90_000));
    const anna = start('anna');
    await expect.poll(() => anna.socket.bytesWritten).toBeGreaterThan(90_000);
    const greedy = Array.from({ length: 8 }, () => start('greedy'));
    await expect.poll(() => greedy.filter(({ answer }) => statusOf(answer) === 503)).toHaveLength(5);
    expect(anna.answer.text).toBe('');
  });

  it('do not read a byte of who may not upload', async () => {
    let asked = 0;
    const { port, load } = await openApp({
      authorize: () => {
        asked += 1;
        return new Promise(() => {});
      },
      timeouts: { checks: 100 },
    });
    const { answer } = begin(port, png(cat.length), cat.subarray(0, 10_000));
    await expect.poll(() => asked).toBe(1);
    expect(load()).toEqual(nothing);
    await expect.poll(() => statusOf(answer)).toBe(503);
    expect(answer.text).toContain('"code":"CHECK_TIMEOUT"');
  });
});
