import { batchTooLarge } from './batch.js';
import { type DoorOptions, openDoor } from './door.js';
import type { Endpoint } from './endpoint.js';
import { discard, isInMemory, type Reply } from './reply.js';

/** A handler of web-standard requests: for Hono, Next.js route handlers, SvelteKit, Astro, Bun, Deno. It never rejects. */
export type FetchHandler = (request: Request) => Promise<Response>;

export function fetchHandler(endpoint: Endpoint, options: DoorOptions<Request>): FetchHandler {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const reply = await endpoint.handle(
      {
        method: request.method,
        target: pathname + search,
        header: (name) => request.headers.get(name) ?? undefined,
        text: (limit) => readText(request, limit),
      },
      openDoor(options, request),
    );
    return toResponse(reply, request.method === 'HEAD');
  };
}

async function readText(request: Request, limit: number): Promise<string> {
  if (Number(request.headers.get('content-length')) > limit) throw batchTooLarge(limit);
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > limit) {
      reader?.cancel().catch(() => {});
      throw batchTooLarge(limit);
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

function toResponse(reply: Reply, isHead: boolean): Response {
  const { status, body } = reply;
  const headers = new Headers();
  reply.headers.forEach((value, at) => {
    if (at % 2 === 1) headers.append(reply.headers[at - 1] as string, value);
  });
  headers.delete('connection'); // the server's business, and refused by some
  if (isHead || status === 204) {
    discard(reply);
    return new Response(null, { status, headers });
  }
  return new Response(isInMemory(body) ? streamOf(body.values(), reply) : streamOf(body, reply), { status, headers });
}

/** Reads on only as the client does. */
function streamOf(
  body: Iterator<Uint8Array> | AsyncGenerator<Uint8Array>,
  { done }: Reply,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const next = await body.next();
          if (!next.done) return controller.enqueue(next.value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        done();
      },
      async cancel() {
        done();
        await body.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
