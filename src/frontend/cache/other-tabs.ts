import { isToken } from '../../shared/protocol/image-id.js';
import { listenToPage } from './page-events.js';

/** What a tab is told. */
export interface TabEvents {
  /** Another tab deleted an image from the cache. */
  onDelete(id: string): void;
  /** Another tab cleared the cache. */
  onLogout(logout: Logout): void;
  /** The page comes back from the back/forward cache, where it slept through all messages. */
  onReturn(): void;
  /** The page is looked at again. Browsers without BroadcastChannel tell it nothing meanwhile. */
  onLook(): void;
}

/** That the cache was cleared. */
export interface Logout {
  /** See `logouts.ts`. */
  number: number;
  /** What is shown may stay. */
  keepShown: boolean;
}

/**
 * Tells the other tabs and workers of the site what was deleted from the cache, and is told by them; never a key. Where
 * the browser has no BroadcastChannel, every tab is on its own.
 *
 * @example
 * const tabs = createTabChannel('pixstore', events);
 * tabs.tell('cats:tom');
 */
export function createTabChannel(name: string, { onDelete, onLogout, onReturn, onLook }: TabEvents) {
  let channel: (BroadcastChannel & { unref?(): void }) | undefined;
  try {
    channel = new BroadcastChannel(`pixstore:${name}`);
    channel.onmessage = ({ data }) => {
      if (typeof data === 'string') onDelete(data);
      // A tab with an older version of pixstore says nothing more than that.
      else onLogout({ number: isToken(data?.number) ? data.number : 0, keepShown: data?.keepShown === true });
    };
    channel.unref?.(); // in Node it would keep the process running
  } catch {
    // There is none, or it is forbidden like all that is shared with other pages.
  }
  const endListening = listenToPage({
    pageshow: ({ persisted }) => persisted && onReturn(),
    visibilitychange: () => globalThis.document?.visibilityState === 'visible' && onLook(),
  });

  return {
    /** @param deleted - the id of an image, or all of them */
    tell: (deleted: string | Logout): void => channel?.postMessage(deleted),
    close(): void {
      channel?.close();
      channel = undefined;
      endListening();
    },
  };
}
