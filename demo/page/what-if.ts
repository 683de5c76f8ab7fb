import { cacheStats, clearImageCache } from 'pixstore/frontend';
import { api } from './api.js';
import { find } from './dom.js';
import type { Gallery } from './gallery.js';
import { network } from './network.js';
import { explain, forgetUpTo } from './pictures.js';
import { formatBytes, formatMilliseconds, pictures } from './source.js';
import type { Tile } from './tile.js';

export interface WhatIfParts {
  gallery: Gallery;
  /** How many fresh records the application was asked for, since this was called last. */
  countRefreshed(): number;
  /** Shows the page of somebody who has logged out. */
  showLogout(left: string): void;
}

/** Sets up the buttons that make things go wrong, or change. Each says in a sentence what came of it. */
export function setUpWhatIf({ gallery, countRefreshed, showLogout }: WhatIfParts): void {
  const panel = find(HTMLElement, '#what-if');
  const outcome = find(HTMLElement, '#outcome');
  const networkButton = find(HTMLButtonElement, '[data-what-if=network]', panel);

  const whatIf: Record<string, () => Promise<string>> = {
    async expire() {
      await api.expireProofs();
      countRefreshed();
      const { count, milliseconds } = await showAgain('network');
      return `Every proof had expired, so the endpoint refused. The page asked the application for ${countRefreshed()} fresh records, and drew ${count} in ${milliseconds}.`;
    },

    async flip() {
      const { tile, title } = pick();
      network.flipABit();
      await forgetUpTo('network', tile.picture?.id);
      await next(tile, 'failed');
      return `One bit of “${title}” was flipped on its way. It does not decrypt: nothing of it is shown, and nothing kept. “Try again” gets it whole.`;
    },

    async network() {
      cut(!network.isDown);
      if (!network.isDown) {
        gallery.retry();
        await gallery.drawn();
        return 'The network is back, and what was missing is there.';
      }
      const { count, milliseconds } = await showAgain('disk');
      return `The network is gone. ${count} in view came from this browser’s disk in ${milliseconds}, and were decrypted with the records that the page still has. Scroll on to those that were never here.`;
    },

    async 'other-tab'() {
      const { tile, title } = pick();
      const id = tile.picture?.id ?? '';
      const tab = window.open(`other-tab.html?id=${encodeURIComponent(id)}`, 'other-tab', 'popup,width=420,height=240');
      if (!tab) return 'The browser let no other tab open. Allow this page to open windows.';
      await next(tile, 'shown');
      return `Another tab replaced “${title}”, under a new key. This one was told, asked with its record of the old version, and got the new one.`;
    },

    async 'log-out'() {
      cut(false); // so that there is a way back
      await clearImageCache();
      const stats = await cacheStats();
      const tiers = stats ? [stats.memory, stats.disk] : [];
      const entries = tiers.reduce((sum, tier) => sum + tier.entries, 0);
      const bytes = tiers.reduce((sum, tier) => sum + tier.bytes, 0);
      showLogout(entries === 0 ? 'nothing' : `${pictures(entries)}, ${formatBytes(bytes)}`);
      return '';
    },

    async rotate() {
      const { milliseconds, pictures: stored } = await api.rotateMasterKey();
      const { count } = await showAgain('network');
      return `The master key was exchanged in ${formatMilliseconds(milliseconds)}. None of the ${pictures(stored)} was touched, on the server’s disk or in this browser; ${count} in view were fetched and opened under the new one.`;
    },
  };

  function cut(isDown: boolean): void {
    network.cut(isDown);
    networkButton.setAttribute('aria-pressed', String(isDown));
  }

  /** Shows what is in view anew, coming from there. */
  async function showAgain(source: 'disk' | 'network') {
    await forgetUpTo(source);
    const started = performance.now();
    gallery.renew();
    const milliseconds = formatMilliseconds(await gallery.drawn(started));
    return { count: gallery.tilesInView.filter(({ state }) => state === 'shown').length, milliseconds };
  }

  /** The first picture in view that is there. */
  function pick(): { tile: Tile; title: string } {
    if (network.isDown) throw new Error('The network is gone: bring it back first.');
    const tile = gallery.tilesInView.find(({ state }) => state === 'shown');
    if (!tile?.picture) throw new Error('There is no picture in view to do it with. Scroll to one.');
    tile.element.dataset.marked = '';
    return { tile, title: tile.picture.title };
  }

  for (const button of panel.querySelectorAll<HTMLButtonElement>('[data-what-if]')) {
    button.addEventListener('click', async () => {
      outcome.textContent = '…';
      panel.setAttribute('aria-busy', 'true');
      try {
        outcome.textContent = (await whatIf[button.dataset.whatIf ?? '']?.()) ?? '';
      } catch (error) {
        outcome.textContent = explain(error);
      }
      panel.removeAttribute('aria-busy');
    });
  }
}

/** Resolves when the tile is next in this state. Whoever closes the other tab at once is not waited for. */
function next({ element }: Tile, state: 'shown' | 'failed'): Promise<void> {
  const event = state === 'shown' ? 'load' : 'error';
  const image = find(HTMLElement, 'pixstore-image', element);
  return new Promise((resolve, reject) => {
    image.addEventListener(event, () => resolve(), { once: true });
    setTimeout(() => reject(new Error('Nothing came of it within 20 seconds.')), 20_000);
  });
}
