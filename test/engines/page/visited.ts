// The script of a page that shows images: the built package, as an application would bundle it, and what a case asks of
// the page. A frame is asked directly, other pages by messages.
import 'pixstore/element';
import type { FrontendConfig, ImageRecord, ImageSource } from 'pixstore/frontend';
import { pixstoreImage } from 'pixstore/svelte';
import { pageHelpers } from '../../browser/harness/page.js';

/** What went wrong in the page and nobody caught. */
const problems: string[] = [];
addEventListener('error', ({ message }) => problems.push(message));
addEventListener('unhandledrejection', ({ reason }) => problems.push(`unhandled rejection: ${String(reason)}`));
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  if (blockedURI.endsWith('/favicon.ico')) return; // the browser's own wish
  problems.push(`${violatedDirective} does not allow ${blockedURI}`);
});

const visited = {
  ...pageHelpers,
  start: (config: FrontendConfig): void => pageHelpers.start(config),
  getAll: (records: ImageRecord[]) => Promise.all(records.map((record) => pageHelpers.get(record))),
  /** Where images were found so far, in the order in which they came. */
  sources: (): ImageSource[] => loads.map(({ source }) => source),
  exists: (id: string) => frontend.cachedImageExists(id),
  forget: (id: string) => frontend.deleteCachedImage(id),
  clear: () => frontend.clearImageCache(),
  close: () => frontend.close(),
  /** Has an `<img>` show a picture, as Svelte does. */
  showIn: (image: HTMLImageElement, record: ImageRecord) => void pixstoreImage(image, { record, frontend }),
  /** Takes note of the problems so far. */
  problems: (): string[] => problems.splice(0),
};

declare global {
  var page: typeof visited;
}
globalThis.page = visited;

/** Does what the case asks for in messages. */
function serve(port: MessagePort | BroadcastChannel): void {
  port.onmessage = async ({ data: { call, name, args } }) => {
    if (name === 'reload') location.reload();
    const method = visited[name as keyof typeof visited] as ((...args: unknown[]) => unknown) | undefined;
    if (!method) return;
    try {
      port.postMessage({ answers: call, result: await method(...args) });
    } catch (error) {
      port.postMessage({ answers: call, error: String(error) });
    }
  };
  port.postMessage({ isReady: true });
}

const tab = new URLSearchParams(location.search).get('tab');
if (tab !== null) serve(new BroadcastChannel(tab));
// A sandboxed frame shares no channel with anyone; it is handed one.
addEventListener('message', ({ ports: [port] }) => port && serve(port));
