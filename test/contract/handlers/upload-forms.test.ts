import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createUploadHandler } from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';

const picture = photo('coffee.webp');
const boundary = 'a-boundary';
const file = 'Content-Disposition: form-data; name="photo"; filename="a.webp"\r\nContent-Type: image/webp';

type Part = [headers: string, content?: string | Uint8Array];

function formOf(parts: Part[], end = `--${boundary}--\r\n`): Buffer {
  const pieces = parts.flatMap(([headers, content = picture]) => [
    `--${boundary}\r\n${headers}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, end].map((piece) => Buffer.from(piece as string)));
}

function streamOf(pieces: Uint8Array[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function openUploads() {
  const backend = await openBackend();
  const upload = createUploadHandler<Request>(backend, { authorize: () => true, dir: null });
  const send = async (body: Uint8Array | ReadableStream, type = `multipart/form-data; boundary=${boundary}`) => {
    const headers = { 'content-type': type };
    const init = { method: 'POST', body, headers, duplex: 'half' };
    const response = await upload(new Request('http://a.example', init as RequestInit));
    return { status: response.status, ...((await response.json()) as { code?: string; message?: string }) };
  };
  const isIdle = () => expect(backend.uploads.load()).toEqual({ bodies: 0, bytes: 0 });
  return { backend, send, isIdle };
}

describe('forms that clients send', () => {
  it.each<[string, Buffer, string?]>([
    ['a browser', formOf([['Content-Disposition: form-data; name="title"', 'me'], [file]])],
    ['a browser, with a name of any letters', formOf([[file.replace('a.webp', 'ä%22;filename=x.webp')]])],
    [
      '.NET, without quotes, and with two names',
      formOf([
        ["Content-Type: image/webp\r\nContent-Disposition: form-data; name=photo; filename=a; filename*=utf-8''a"],
      ]),
      `multipart/form-data; boundary="${boundary}"`,
    ],
    ['a name in a character set that there is none of', formOf([[`${file}; filename*=klingon''%ff`]])],
    ['without an end of line after its end', formOf([[file]], `--${boundary}--`)],
    ['with something after its end', formOf([[file]], `--${boundary}--\r\n${'x'.repeat(5_000)}`)],
    [
      'with parameters before the boundary',
      formOf([[file]]),
      `Multipart/Form-Data; charset=utf-8; boundary=${boundary}`,
    ],
    [
      'with a field for files left empty',
      formOf([[file], ['Content-Disposition: form-data; name="b"; filename=""', '']]),
    ],
    [
      'with a name that looks like a file',
      formOf([['Content-Disposition: form-data; name="; filename=x"', 'a'], [file]]),
    ],
  ])('are understood: %s', async (_, body, type) => {
    const warn = vi.spyOn(console, 'warn');
    const { send } = await openUploads();
    expect(await send(body, type)).toMatchObject({ status: 201 });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('may be cut anywhere on their way', async () => {
    const { send } = await openUploads();
    const body = formOf([[file]]);
    const edges = [...Array(150).keys(), ...Array.from({ length: 40 }, (_, at) => body.length - 1 - at)];
    for (const at of edges) {
      expect(await send(streamOf([body.subarray(0, at), body.subarray(at)]))).toMatchObject({ status: 201 });
    }
  });
});

describe('forms that nobody sends in good faith', () => {
  const long = 'x'.repeat(5_000);

  it.each<[string, Buffer, string?]>([
    ['no boundary', formOf([[file]]), 'multipart/form-data'],
    ['an empty boundary', formOf([[file]]), 'multipart/form-data; boundary='],
    ['another boundary', formOf([[file]]), 'multipart/form-data; boundary=other'],
    [
      'a boundary of 71 characters',
      Buffer.from(
        formOf([[file]])
          .toString('latin1')
          .replaceAll(boundary, 'b'.repeat(71)),
        'latin1',
      ),
      `multipart/form-data; boundary=${'b'.repeat(71)}`,
    ],
    ['a boundary of other letters', formOf([[file]]), 'multipart/form-data; boundary="\xe4\xe4"'],
    ['nothing at all', Buffer.alloc(0)],
    ['only an end', formOf([])],
    ['no end', formOf([[file]], '')],
    ['half an end', formOf([[file]], `--${boundary}-`)],
    [
      'a header without end',
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${'x'.repeat(2_000_000)}`),
    ],
    ['a header that is too long', formOf([[`${file}\r\nX: ${long}`]])],
    ['101 parts', formOf([...Array.from({ length: 100 }, (): Part => ['A: b', '']), [file]])],
    ['10,000 parts', formOf([...Array.from({ length: 10_000 }, (): Part => ['A: b', '']), [file]])],
    ['10,000 files', formOf(Array.from({ length: 10_000 }, (): Part => [file, 'a']))],
    ['two files', formOf([[file], [file]])],
    ['no headers', Buffer.from(`--${boundary}\r\n\r\nabc\r\n--${boundary}--`)],
    [
      'a header that is no UTF-8',
      formOf([['Content-Disposition: form-data; name="a"; filename="']]).fill(0xff, 60, 70),
    ],
    [
      'a form in a form',
      formOf([[`Content-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=b`]]),
    ],
    [
      'names of prototypes',
      formOf([['__proto__: filename=a\r\nconstructor: b\r\nContent-Disposition: form-data', 'a']]),
    ],
  ])('are refused at once, and leave nothing: %s', async (_, body, type) => {
    const { backend, send, isIdle } = await openUploads();
    expect(await send(body, type)).toEqual({
      status: 400,
      code: 'UPLOAD_INVALID',
      message: expect.stringMatching(/^The upload cannot be read: .*\.$/),
    });
    expect((await backend.stats())?.images).toBe(0);
    isIdle();
  });

  it('cost little, whatever they look like: 16 MiB of almost boundaries', async () => {
    const { send } = await openUploads();
    for (const almost of ['\r\n', '\r\n--', `\r\n--${boundary.slice(0, -1)}`, '-', ';', '"\\']) {
      const started = performance.now();
      expect((await send(formOf([[file, Buffer.alloc(16 * 1024 * 1024, almost)]]))).status).toBe(415);
      expect(
        (await send(formOf([[`A: ${almost.replaceAll('\r\n', ' ').repeat(4_000).slice(0, 4_000)}`, 'a']]))).status,
      ).toBe(400);
      expect(performance.now() - started).toBeLessThan(3_000);
    }
    for (const text of ['; ', ';name', '; name="', '\\;', ';a=\\']) {
      const started = performance.now();
      const headers = `Content-Disposition: form-data${text.repeat(700)}`;
      expect((await send(formOf([[headers, 'a']]))).status).toBe(400);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it('are answered as what they are, whatever was changed in them', async () => {
    const { backend, send, isIdle } = await openUploads();
    const good = formOf([['Content-Disposition: form-data; name="title"', 'me'], [file]]);
    const head = good.length - picture.length;
    const change = fc.record({ at: fc.nat(head + 40), drop: fc.nat(30), insert: fc.uint8Array({ maxLength: 20 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let body = good;
        for (const { at, drop, insert } of changes) {
          body = Buffer.concat([body.subarray(0, at), insert, body.subarray(at + drop)]);
        }
        const { status, message = 'Saved.' } = await send(body);
        expect([201, 400, 415, 422]).toContain(status);
        expect(message).toMatch(/^[A-Z].*\.$/s);
      }),
      { numRuns: 500 },
    );
    isIdle();
    expect((await backend.stats())?.queue).toEqual({ images: 0, bytes: 0 });
  });
});
