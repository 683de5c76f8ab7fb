import type { Demand } from './fetching/demand.js';

// Milliseconds of a task after which others get their turn: the page must stay smooth, whatever comes at once.
const slice = 10;

/**
 * Lets so many pieces of work run at once; of the others, what was asked for first goes first. All at once, WebCrypto
 * would have every image half done before it has any.
 */
export function createLane(most: number) {
  const waiting: { number: number; begin: () => void }[] = [];
  let running = 0;
  let sliceEnd = 0;
  let nextTask: Promise<void> | undefined;

  return async <Result>({ number }: Demand, work: () => Promise<Result>): Promise<Result> => {
    if (running === 0) sliceEnd = performance.now() + slice;
    if (running < most) running += 1;
    else await new Promise<void>((begin) => waiting.push({ number, begin }));
    try {
      if (performance.now() > sliceEnd) {
        nextTask ??= anotherTask().then(() => {
          nextTask = undefined;
          sliceEnd = performance.now() + slice;
        });
        await nextTask;
      }
      return await work();
    } finally {
      // Its place goes to the next.
      const next = waiting.sort((a, b) => a.number - b.number).shift();
      if (next) next.begin();
      else running -= 1;
    }
  };
}

/** By a message, since timers are slowed down. */
function anotherTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
