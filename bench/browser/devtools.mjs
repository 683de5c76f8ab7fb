/**
 * The DevTools protocol over the pipe of a browser (`--remote-debugging-pipe`): JSON, each message ended by a zero byte.
 *
 * @param {import('node:stream').Writable} input
 * @param {import('node:stream').Readable} output
 */
export function connect(input, output) {
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void, method: string }>} */
  const calls = new Map();
  /** @type {Set<(event: { method: string, params: any, sessionId?: string }) => void>} */
  const listeners = new Set();
  let last = 0;
  let rest = '';

  output.setEncoding('utf8').on('data', (chunk) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) receive(JSON.parse(message));
  });
  output.on('close', () => {
    for (const { reject, method } of calls.values()) reject(new Error(`Chromium ended during ${method}.`));
    calls.clear();
  });
  input.on('error', () => {}); // a browser that is gone: its output says so

  /** @param {any} message */
  function receive(message) {
    if (message.id === undefined) {
      for (const listener of listeners) listener(message);
      return;
    }
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error) call?.reject(new Error(`${call.method}: ${message.error.message}`));
    else call?.resolve(message.result);
  }

  return {
    /**
     * @param {string} method
     * @param {object} [params]
     * @param {string} [sessionId] of a page; without it the browser is meant
     * @returns {Promise<any>}
     */
    send(method, params = {}, sessionId = undefined) {
      last += 1;
      const id = last;
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      return new Promise((resolve, reject) => calls.set(id, { resolve, reject, method }));
    },

    /** @param {(event: { method: string, params: any, sessionId?: string }) => void} listener */
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
