import { vi } from 'vitest';
import { type BatchEntry, frameHeader } from '../../../../src/shared/protocol/batch.js';

/** One request that was made, and the strings a test pulls to answer it. */
export interface FakeRequest {
  method: string;
  url: string;
  /** The ids that are asked for. */
  ids: string[];
  init: RequestInit;
  /** Answers with bytes, whatever they are, and ends. */
  respond(body: Uint8Array | string, status?: number, headers?: Record<string, string>): void;
  /** Begins an answer of status 200, which goes on until `end` or `cut`. */
  send(bytes: Uint8Array): void;
  end(): void;
  cut(): void;
  /** Answers with a redirect, as browsers show one that is not followed. */
  redirect(): void;
  /** No answer at all. */
  fail(): void;
}

/** A `fetch` whose other side is the test. What nobody answers waits, until it is aborted. */
export function createFakeEndpoint(onRequest: (request: FakeRequest) => void = () => {}) {
  const requests: FakeRequest[] = [];

  const fetch = vi.fn((input: RequestInfo | URL, init: RequestInit = {}) => {
    return new Promise<Response>((resolve, reject) => {
      let body = undefined as ReadableStreamDefaultController<Uint8Array> | undefined;
      const fail = (error: unknown) => {
        reject(error);
        body?.error(error);
      };
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          body = controller;
        },
      });
      let begun = false;
      const begin = () => {
        if (!begun) resolve(new Response(stream));
        begun = true;
        return body;
      };
      const request: FakeRequest = {
        method: init.method ?? 'GET',
        url: String(input),
        ids: idsOf(String(input), init.body),
        init,
        respond: (bytes, status = 200, headers = {}) => resolve(new Response(bytes as BodyInit, { status, headers })),
        redirect: () => resolve(Response.error()), // status 0, as theirs
        send: (bytes) => begin()?.enqueue(bytes),
        end: () => begin()?.close(),
        cut: () => fail(new TypeError('terminated')),
        fail: () => fail(new TypeError('Failed to fetch')),
      };
      init.signal?.addEventListener('abort', () => fail(init.signal?.reason));
      requests.push(request);
      onRequest(request);
    });
  });

  return { fetch: fetch as typeof globalThis.fetch, requests };
}

function idsOf(url: string, body: unknown): string[] {
  if (typeof body !== 'string')
    return [decodeURIComponent(new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? '')];
  return (JSON.parse(body) as { images: BatchEntry[] }).images.map(({ id }) => id);
}

/** Answers as the default endpoint does, a batch with one frame per image. */
export function answerWith(payloadOf: (id: string) => Uint8Array) {
  return (request: FakeRequest): void => {
    const payloads = request.ids.map(payloadOf);
    request.respond(request.method === 'POST' ? Buffer.concat(payloads.map(encodeFrame)) : (payloads[0] as Uint8Array));
  };
}

/** A payload that says which image it is of. */
export function payloadOf(id: string): Uint8Array {
  return Uint8Array.of(0, ...new TextEncoder().encode(id));
}

export function recordOf(id: string) {
  return { id, token: 7, meta: { key: '', iv: '', tag: '' }, statelessProof: `proof-of-${id}` };
}

export function encodeFrame(payload: Uint8Array): Uint8Array {
  return Buffer.concat([frameHeader(payload.length), payload]);
}
