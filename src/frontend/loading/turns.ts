import { coalesce } from '../../shared/coalesce.js';

/**
 * Lets pictures be finished one after the other, in slices: what was asked for first goes first.
 *
 * @example
 * const turn = createTurns();
 * await turn(number); // from here to the next `await` the page is ours
 */
export function createTurns() {
  // Milliseconds of a task after which others get their turn: the page must stay smooth, whatever comes at once.
  const slice = 10;
  const waiting: { number: number; begin: () => void }[] = [];

  const run = coalesce(async () => {
    while (waiting.length > 0) {
      await anotherTask();
      waiting.sort((a, b) => a.number - b.number);
      const end = performance.now() + slice;
      // Each begins when the one before it is done: `await` lets it do its work.
      for (; waiting.length > 0 && performance.now() < end; await undefined) waiting.shift()?.begin();
    }
  });

  /** @param number - what was asked for first has the lowest */
  return (number: number): Promise<void> =>
    new Promise((begin) => {
      waiting.push({ number, begin });
      void run();
    });
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
