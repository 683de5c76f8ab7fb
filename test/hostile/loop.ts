import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Cost {
  /** What `work` came to: null, or the code of its error. */
  outcome: string | null;
  /** The longest that the loop stood still, in ms of the processor's time: others may be using it as well. */
  stopped: number;
}

/** Does work while it is watched how long the thread that serves everybody does nothing else. */
export async function watched(work: () => Promise<unknown>): Promise<Cost> {
  let stopped = 0;
  let isDone = false;
  let before = process.cpuUsage();
  const watching = (async () => {
    while (!isDone) {
      await nextTurn();
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      stopped = Math.max(stopped, (user + system) / 1000);
    }
  })();
  const outcome = await work().then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error),
  );
  isDone = true;
  await watching;
  return { outcome, stopped };
}
