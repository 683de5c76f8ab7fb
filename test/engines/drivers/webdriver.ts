import { setTimeout as delay } from 'node:timers/promises';

/** What of WebDriver a test needs: https://www.w3.org/TR/webdriver2/ */
export function createWebDriver(origin: string) {
  let session = '';
  let first = '';
  let last: Promise<unknown> = Promise.resolve();

  async function send<Value>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Value> {
    const response = await fetch(origin + path, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
    });
    const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value.error}, ${value.message}`);
    return value;
  }

  const inSession = <Value>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    send<Value>(method, `/session/${session}${path}`, body);

  /** A session has one current tab: what is done to a tab may not be interrupted. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  return {
    /** Resolves once the driver answers. */
    async ready(): Promise<void> {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await send('GET', '/status');
          return;
        } catch (error) {
          if (attempt === 150) throw error;
          await delay(100);
        }
      }
    },

    async start(capabilities: Record<string, unknown>): Promise<void> {
      const { sessionId } = await send<{ sessionId: string }>('POST', '/session', {
        capabilities: { alwaysMatch: capabilities },
      });
      session = sessionId;
      first = await inSession<string>('GET', '/window');
    },

    openTab: (): Promise<string> =>
      inTurn(async () => {
        // A new tab is opened by the current one, which may have been closed.
        await inSession('POST', '/window', { handle: first });
        const { handle } = await inSession<{ handle: string }>('POST', '/window/new', { type: 'tab' });
        return handle;
      }),

    goInTab: (handle: string, url: string): Promise<void> =>
      inTurn(async () => {
        await inSession('POST', '/window', { handle });
        await inSession('POST', '/url', { url });
      }),

    closeTab: (handle: string): Promise<void> =>
      inTurn(async () => {
        await inSession('POST', '/window', { handle });
        await inSession('DELETE', '/window');
      }),

    end: () => inTurn(() => inSession('DELETE', '')),
  };
}
