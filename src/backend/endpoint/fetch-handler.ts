import { batchCutOff, batchTooLarge } from './batch.js';
import { type DoorOptions, openDoor } from './door.js';
import type { Endpoint } from './endpoint.js';
import { discard, isInMemory, type Reply } from './reply.js';

/** A handler of web-standard requests: for Hono, Next.js route handlers, SvelteKit, Astro, Bun, Deno. It never rejects. */
export type FetchHandler = (request: Request) => Promise<Response>;

// As long as the default endpoint waits for a client that takes nothing.
const usualPatience = 60_000; // ms

/** @param patience - in ms, how long an answer waits for somebody to read on */
export function fetchHandler(
  endpoint: Endpoint,
  options: DoorOptions<Request>,
  patience = usualPatience,
): FetchHandler {
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
    return toResponse(reply, request.method === 'HEAD', patience);
  };
}

async function readText(request: Request, limit: number): Promise<string> {
  if (Number(request.headers.get('content-length')) > limit) throw batchTooLarge(limit);
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  const next = () =>
    reader?.read().catch((error: unknown) => {
      throw batchCutOff(error);
    });
  for (let read = await next(); read && !read.done; read = await next()) {
    length += read.value.length;
    if (length > limit) {
      reader?.cancel().catch(() => {});
      throw batchTooLarge(limit);
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

function toResponse(reply: Reply, isHead: boolean, patience: number): Response {
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
  return new Response(streamOf(isInMemory(body) ? body.values() : body, reply, patience), { status, headers });
}

/**
 * Reads on only as the client does, and gives up when nobody does any more: servers drop answers without a word, such as
 * those that wait behind another one on a connection that goes.
 */
function streamOf(
  body: Iterator<Uint8Array> | AsyncGenerator<Uint8Array>,
  { done }: Reply,
  patience: number,
): ReadableStream<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const letGo = async () => {
    clearTimeout(timer);
    done();
    await body.return?.(undefined);
  };
  const wait = (controller: ReadableStreamDefaultController) => {
    timer = setTimeout(() => {
      controller.error(new Error('Nobody has read on for too long.'));
      letGo().catch(() => {});
    }, patience).unref();
  };
  return new ReadableStream(
    {
      start: wait,
      async pull(controller) {
        clearTimeout(timer);
        try {
          const next = await body.next();
          if (next.done) {
            controller.close();
            done();
          } else {
            controller.enqueue(next.value);
            wait(controller);
          }
        } catch (error) {
          controller.error(error);
          done();
        }
      },
      cancel: letGo,
    },
    { highWaterMark: 0 },
  );
}
