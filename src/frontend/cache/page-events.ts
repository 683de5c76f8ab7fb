/** What a page is told when it is left, hidden and looked at again. */
interface Listeners {
  pagehide?: () => void;
  pageshow?: (event: PageTransitionEvent) => void;
  visibilitychange?: () => void;
}

/**
 * Listens to events of the page. Workers and Node have none, and nothing happens there.
 *
 * @returns ends it
 */
export function listenToPage(listeners: Listeners): () => void {
  const listening = new AbortController();
  for (const [name, listener] of Object.entries(listeners)) {
    globalThis.addEventListener?.(name, listener as EventListener, { signal: listening.signal });
  }
  return () => listening.abort();
}
