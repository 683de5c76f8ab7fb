import type { Sending } from '../serving/reply.js';

/**
 * The body of a web-standard response. Reads on only as the client does, and gives up when that is too slow: servers
 * drop answers without a word, such as those that wait behind another one on a connection that goes.
 *
 * @returns the body, and `letGo` for when its client has gone: what it stands on is closed, and whoever reads on fails
 */
export function responseStream(
  body: AsyncGenerator<Uint8Array>,
  sending: Sending,
  report: (error: unknown) => void,
): { readable: ReadableStream<Uint8Array>; letGo(): void } {
  let given = 0; // bytes of the piece that the client has not asked beyond
  let hasEnded = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  function letGo(): void {
    if (hasEnded) return;
    hasEnded = true;
    body.return(undefined).catch(() => {});
    sending.done();
  }

  function fail(error: unknown): void {
    if (hasEnded) return;
    letGo();
    controller?.error(error);
  }

  const readable = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
        // Servers share connections among answers in ways that are not told here: each stands for itself.
        sending.begin(own, () => fail(new Error('Nobody has read on for too long.')));
      },
      async pull(own) {
        sending.took(given);
        try {
          const next = await sending.next(body);
          if (hasEnded) {
            own.error(new Error('The client has gone.'));
          } else if (next.done) {
            letGo();
            own.close();
          } else {
            given = next.value.length;
            own.enqueue(next.value);
          }
        } catch (error) {
          if (hasEnded) return;
          fail(error);
          report(error);
        }
      },
      cancel: letGo,
    },
    { highWaterMark: 0 },
  );
  return { readable, letGo };
}
