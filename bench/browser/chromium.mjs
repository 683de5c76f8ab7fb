import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithUs } from '../contestants/children.mjs';
import { connect } from './devtools.mjs';

export const chromiumFlags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--password-store=basic',
  '--window-size=1280,800',
];

/** @typedef {Awaited<ReturnType<typeof launchChromium>>} Chromium */
/** @typedef {Awaited<ReturnType<Chromium['open']>>} Page */

/**
 * Starts a Chromium of its own. Not by Playwright: that watches the network of every page, which costs each request
 * some tenths of a millisecond, and would make whoever sends many of them look slower than users find it.
 *
 * @param {string} program
 * @param {string} profile a folder; what the browser keeps between visits is there
 */
export async function launchChromium(program, profile) {
  const child = spawn(
    program,
    [...chromiumFlags, '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    },
  );
  endWithUs(child);
  const exited = once(child, 'exit');
  const [, , , input, output] = child.stdio;
  const devtools = connect(
    /** @type {import('node:stream').Writable} */ (input),
    /** @type {import('node:stream').Readable} */ (output),
  );

  return {
    /** Opens a page and waits until it is loaded. @param {string} url */
    async open(url) {
      const { targetId } = await devtools.send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: true });
      const send = (/** @type {string} */ method, /** @type {object} */ params = {}) =>
        devtools.send(method, params, sessionId);
      const page = {
        send,

        /** @param {string} name @param {(params: any) => void} listener */
        on(name, listener) {
          return devtools.listen(({ method, params, sessionId: from }) => {
            if (from === sessionId && method === name) listener(params);
          });
        },

        /**
         * Runs a function in the page and waits for what it returns.
         *
         * @template Argument, Result
         * @param {(argument: Argument) => Result} work must not use anything from outside
         * @param {Argument} [argument] plain data
         * @returns {Promise<Awaited<Result>>}
         */
        async evaluate(work, argument) {
          const expression = `(${work})(${JSON.stringify(argument) ?? ''})`;
          const { result, exceptionDetails } = await send('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
            userGesture: true,
          });
          if (exceptionDetails) {
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
          }
          return result.value;
        },

        /** Leaves the page as a user does: it hears `pagehide`. */
        async close() {
          const closed = once(child, 'exit');
          const gone = new Promise((resolve) => {
            const stop = devtools.listen(({ method, params }) => {
              if (method === 'Target.targetDestroyed' && params.targetId === targetId) resolve(stop());
            });
          });
          await devtools.send('Target.setDiscoverTargets', { discover: true });
          await send('Page.close');
          await Promise.race([gone, closed]);
        },
      };
      await send('Page.enable');
      const loaded = new Promise((resolve) => {
        const stop = page.on('Page.loadEventFired', () => resolve(stop()));
      });
      const { errorText } = await send('Page.navigate', { url });
      if (errorText) throw new Error(`Chromium could not open the page of the benchmark: ${errorText}.`);
      await loaded;
      await send('Page.disable');
      return page;
    },

    /** Ends the browser as a user does, so that it writes down what it keeps. */
    async close() {
      await devtools.send('Browser.close');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
