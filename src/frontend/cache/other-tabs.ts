/**
 * Tells the other tabs of the site what was deleted from the cache, and is told by them. A message is an id, or
 * undefined for everything; never a key. Where the browser has no BroadcastChannel, every tab is on its own.
 *
 * @param onForget - another tab deleted an image, or all
 * @param onReturn - the page comes back from the back/forward cache, where it slept through all messages
 *
 * @example
 * const tabs = createTabChannel('pixstore', (id) => forget(id), () => forget());
 * tabs.tell('cats:tom');
 */
export function createTabChannel(name: string, onForget: (id?: string) => void, onReturn: () => void) {
  let channel: (BroadcastChannel & { unref?(): void }) | undefined;
  try {
    channel = new BroadcastChannel(`pixstore:${name}`);
    channel.onmessage = ({ data }) => onForget(typeof data === 'string' ? data : undefined);
    channel.unref?.(); // in Node it would keep the process running
  } catch {
    // There is none, or it is forbidden like all that is shared with other pages.
  }
  const wake = ({ persisted }: PageTransitionEvent) => persisted && onReturn();
  globalThis.addEventListener?.('pageshow', wake);

  return {
    tell: (id?: string): void => channel?.postMessage(id),
    close(): void {
      channel?.close();
      globalThis.removeEventListener?.('pageshow', wake);
    },
  };
}
