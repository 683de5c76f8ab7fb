import { tell } from '../../shared/callbacks.js';

// Milliseconds of a task after which others get their turn: the page must stay smooth, whatever comes at once.
const slice = 8;

/**
 * Draws something. Who decodes gives a promise, since only some may do that at once. What fails is an error of the page,
 * and the next ones are drawn all the same.
 */
export type PaintWork = () => Promise<void> | undefined;

/**
 * Has pictures drawn one after the other, in slices: what was added first goes first.
 *
 * @example
 * const queue = createPaintQueue();
 * const leave = queue.add(() => draw(picture));
 */
export function createPaintQueue() {
  // Of most formats all pixels are in memory while a picture is decoded, however small it gets. Chromium decodes as many as it
  // has threads, whatever it is asked for, and has nothing to do while it waits for the page.
  const mostAtOnce = 'ImageDecoder' in globalThis ? 16 : 6;
  const waiting = new Set<PaintWork>();
  let decoding = 0;
  // Milliseconds of this task that were drawn in already.
  let spent = 0;
  let isAwaited = false;

  // By messages, since timers are slowed down.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    spent = 0;
    isAwaited = false;
    run();
  };

  function run(): void {
    for (const work of waiting) {
      if (spent > slice || decoding >= mostAtOnce) break;
      waiting.delete(work);
      const begun = performance.now();
      tell(
        () => begin(work),
        (error) => reportError(error),
      );
      spent += performance.now() - begun;
    }
    // Also where nothing waits any more: the next task is another one.
    if (spent > 0 && !isAwaited) {
      isAwaited = true;
      port2.postMessage(0);
    }
  }

  function begin(work: PaintWork): ReturnType<PaintWork> {
    const decoded = work();
    if (!decoded) return undefined;
    decoding += 1;
    return decoded.finally(() => {
      decoding -= 1;
      run();
    });
  }

  return {
    /** @returns forgets it, where it has not begun */
    add(work: PaintWork): () => void {
      waiting.add(work);
      // Not at once: elements are measured one after the other, and each would be laid out anew after what was drawn.
      if (waiting.size === 1) queueMicrotask(run);
      return () => void waiting.delete(work);
    },
  };
}

let pageQueue: ReturnType<typeof createPaintQueue> | undefined;

/** The same in the one queue of the page, where all elements take turns. */
export function paintInTurn(work: PaintWork): () => void {
  pageQueue ??= createPaintQueue();
  return pageQueue.add(work);
}
