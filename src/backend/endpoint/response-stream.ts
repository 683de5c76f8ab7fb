import type { Sending } from './reply.js';

/**
 * The body of a web-standard response. Reads on only as the client does, and gives up when that is too slow: servers
 * drop answers without a word, such as those that wait behind another one on a connection that goes.
 */
export function responseStream(
  body: AsyncGenerator<Uint8Array>,
  sending: Sending,
  report: (error: unknown) => void,
): { readable: ReadableStream<Uint8Array>; end(): void } {
  let given = 0; // bytes of the piece that the client has not asked beyond
  let hasEnded = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  function letGo(): void {
    hasEnded = true;
    body.return(undefined).catch(() => {});
    sending.done();
  }

  function end(error: unknown = new Error('Nobody has read on for too long.')): void {
    if (hasEnded) return;
    letGo();
    controller?.error(error);
  }

  const readable = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
        // Servers share connections among answers in ways that are not told here: each stands for itself.
        sending.begin(own, end);
      },
      async pull(own) {
        sending.took(given);
        try {
          const next = await body.next();
          if (hasEnded) return;
          if (next.done) {
            letGo();
            own.close();
          } else {
            given = next.value.length;
            own.enqueue(next.value);
          }
        } catch (error) {
          if (hasEnded) return;
          end(error);
          report(error);
        }
      },
      cancel: letGo,
    },
    { highWaterMark: 0 },
  );
  return { readable, end: () => end() };
}
