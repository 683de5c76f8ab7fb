import { once } from 'node:events';

/**
 * Calls to a program of ours on the other side of a channel, which answers them by `answerCalls`.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name for errors
 */
export async function callsTo(child, name) {
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const calls = new Map();
  let last = 0;
  const answered = (/** @type {number} */ call) =>
    /** @type {Promise<any>} */ (new Promise((resolve, reject) => calls.set(call, { resolve, reject })));

  child.on('message', (/** @type {any} */ { call, result, error }) => {
    const waiting = calls.get(call);
    calls.delete(call);
    if (error) waiting?.reject(new Error(`${name}: ${error}`));
    else waiting?.resolve(result);
  });
  const exited = once(child, 'exit').then(([code, signal]) => {
    for (const { reject } of calls.values()) reject(new Error(`${name} ended early (${signal ?? code}).`));
  });

  await answered(0);
  /** @type {import('./start.mjs').Running['call']} */
  const call = (name, argument = {}) => {
    last += 1;
    child.send({ call: last, name, argument });
    return answered(last);
  };
  return {
    call,
    async end() {
      await call('close');
      child.disconnect();
      await exited;
    },
  };
}

/**
 * The far end: does what it is asked for, and ends with who asks.
 *
 * @param {Record<string, (argument: any) => unknown>} work by name
 */
export function answerCalls(work) {
  process.on('disconnect', () => process.exit());
  process.on('message', async (/** @type {any} */ { call, name, argument }) => {
    try {
      process.send?.({ call, result: await work[name](argument) });
    } catch (error) {
      process.send?.({ call, error: String(/** @type {Error} */ (error)?.stack ?? error) });
    }
  });
  process.send?.({ call: 0 }); // ready
}
