/** What to do when another tab forgets an image, or all, or when this page may have missed that. */
export interface TabListener {
  onDelete(id: string): void;
  onClear(): void;
  onReturn(): void;
}

/**
 * Tells the other tabs of the site, and is told by them, what was deleted from the cache. Messages hold an id or
 * nothing. Where the browser has no BroadcastChannel, every tab is on its own.
 *
 * @example
 * const tabs = createTabChannel('pixstore', { onDelete: forget, onClear: forgetAll, onReturn: forgetAll });
 * tabs.tellDelete('cats:tom');
 */
export function createTabChannel(name: string, { onDelete, onClear, onReturn }: TabListener) {
  let channel: (BroadcastChannel & { unref?(): void }) | undefined;
  try {
    channel = new BroadcastChannel(`pixstore:${name}`);
    channel.onmessage = ({ data }) => (typeof data === 'string' ? onDelete(data) : onClear());
    channel.unref?.(); // in Node it would keep the process running
  } catch {
    // There is none, or it is forbidden like all that is shared with other pages.
  }

  // A page that comes back from the back/forward cache has slept through all messages.
  const wake = ({ persisted }: PageTransitionEvent) => persisted && onReturn();
  globalThis.addEventListener?.('pageshow', wake);

  return {
    tellDelete: (id: string): void => channel?.postMessage(id),
    tellClear: (): void => channel?.postMessage(null),
    close(): void {
      channel?.close();
      globalThis.removeEventListener?.('pageshow', wake);
    },
  };
}
