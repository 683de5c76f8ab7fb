import type { FrontendConfig } from 'pixstore/frontend';
import { control } from './control.js';
import { createDeferred, type Deferred } from './deferred.js';

type Visited = typeof globalThis.page;
type Call = (name: keyof Visited, args: unknown[]) => Promise<unknown>;

/** A page that shows images, wherever it is. */
export type Page = {
  [Name in keyof Visited]: (...args: Parameters<Visited[Name]>) => Promise<Awaited<ReturnType<Visited[Name]>>>;
};

/** A page in a frame: a case can reach into it, and hand it functions. */
export type Frame = Page & {
  window: Window & typeof globalThis;
  /** Closes the page, as a visitor does who goes elsewhere. */
  leave(): Promise<void>;
};

/** A page in a tab of its own. */
export type Tab = Page & {
  reload(): Promise<void>;
  leave(): Promise<void>;
};

const open = new Set<{ leave(): Promise<void> }>();
let tabs = 0;

/** Opens a page in a frame, under a content security policy as strict as can be. */
export async function openFrame(endpoint: FrontendConfig): Promise<Frame> {
  const element = await appendFrame('/visited');
  const window = element.contentWindow as Frame['window'];
  const call: Call = async (name, args) => (window.page[name] as (...args: unknown[]) => unknown)(...args);
  return track(endpoint, call, { window, leave: async () => element.remove() });
}

/** Opens a page in a sandboxed frame: it has no origin of its own, and so no storage. */
export async function openSandbox(endpoint: FrontendConfig): Promise<Page> {
  const element = await appendFrame('/sandboxed');
  const { port1, port2 } = new MessageChannel();
  const { ready, call } = converse(port1);
  element.contentWindow?.postMessage(null, '*', [port2]);
  await ready;
  return track(endpoint, call, { leave: async () => element.remove() });
}

/** Opens a page in a tab. */
export async function openTab(endpoint: FrontendConfig): Promise<Tab> {
  tabs += 1;
  const id = `tab-${tabs}`;
  const channel = new BroadcastChannel(id);
  const { ready, call, again } = converse(channel);
  await control.openTab(id, `/visited?tab=${id}`);
  await ready;
  return track(endpoint, call, {
    async reload() {
      const reloaded = again();
      channel.postMessage({ name: 'reload' });
      await reloaded;
    },
    async leave() {
      channel.close();
      await control.closeTab(id);
    },
  });
}

async function appendFrame(path: string): Promise<HTMLIFrameElement> {
  const element = document.createElement('iframe');
  element.src = path;
  await new Promise((resolve) => {
    element.onload = resolve;
    document.body.append(element);
  });
  return element;
}

/** The way to a page that is reached by messages only; `ready` once it listens. */
function converse(port: MessagePort | BroadcastChannel) {
  const waiting = new Map<number, Deferred<unknown>>();
  let calls = 0;
  let ready = createDeferred<void>();

  port.onmessage = ({ data: { isReady, answers, result, error } }) => {
    if (isReady) ready.resolve();
    if (error === undefined) waiting.get(answers)?.resolve(result);
    else waiting.get(answers)?.reject(new Error(error));
    waiting.delete(answers);
  };
  const call: Call = (name, args) => {
    calls += 1;
    const answer = createDeferred<unknown>();
    waiting.set(calls, answer);
    port.postMessage({ call: calls, name, args });
    return answer.promise;
  };
  /** Ready once more, after the page was loaded anew. */
  const again = () => {
    ready = createDeferred();
    return ready.promise;
  };
  return { ready: ready.promise, call, again };
}

/** At the end of a case: closes all pages. Throws when something in one of them went wrong and nobody caught it. */
export async function leaveAll(): Promise<void> {
  for (const page of open) await page.leave();
}

/** Makes a page of the way to call it, and of what `own` does with it as a whole. */
function track<Own extends { leave(): Promise<void>; reload?(): Promise<void> }>(
  endpoint: FrontendConfig,
  call: Call,
  own: Own,
): Page & Own {
  const failOnProblems = async () => {
    await new Promise((resolve) => setTimeout(resolve)); // unhandled rejections are told at the end of a task
    const problems = (await call('problems', [])) as string[];
    if (problems.length > 0) throw new Error(`in the page: ${problems.join('; ')}`);
  };
  const whole: Own = { ...own };
  const { leave, reload } = own;
  whole.leave = async () => {
    open.delete(whole);
    await failOnProblems().finally(leave);
  };
  if (reload) {
    whole.reload = async () => {
      await failOnProblems();
      await reload();
    };
  }
  open.add(whole);

  return new Proxy(whole, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name);
      if (name === 'then') return undefined; // a page is not a promise, whatever await asks it
      if (name === 'start') return (config: FrontendConfig) => call('start', [{ ...endpoint, ...config }]);
      return (...args: unknown[]) => call(name as keyof Visited, args);
    },
  }) as Page & Own;
}
