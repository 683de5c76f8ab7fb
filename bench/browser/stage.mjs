import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureBrowser } from '../../scripts/ensure-browser.mjs';
import { freePort, start } from '../contestants/start.mjs';
import { launchChromium } from './chromium.mjs';
import { serveSite } from './site.mjs';

// ms after which a browser has done what it does when it starts, which keeps two cores busy.
const calmAfter = 2_000;

/** @typedef {import('./chromium.mjs').Page} Page */
/** @typedef {import('./pages/gallery.mjs').Visit} Visit */
/** @typedef {'ours' | 'peer' | 'plain' | 'sealed'} Kind a page in pages/, and the server behind it */

/**
 * Who asks for pictures, and how.
 *
 * @typedef {object} Entrant
 * @property {Kind} kind
 * @property {object} [config] for its page
 */

/**
 * What the page has to live with.
 *
 * @typedef {object} Conditions
 * @property {{ latency: number, mbit: number }} [network] ms per request, and 10^6 bits a second
 * @property {number} [slowdown] times as slow a CPU
 */

/**
 * Everything a gallery needs: a server for each contestant with the same images in it, and the pages.
 *
 * @param {string} place
 * @param {Kind[]} kinds
 * @param {{ count: number, size: number, varied?: boolean }} images
 */
export async function setStage(place, kinds, images) {
  const program = await ensureBrowser();
  const site = await serveSite(kinds);
  const servers = new Map();
  for (const kind of kinds) {
    const port = await freePort();
    const server = await start(place, kind, { port });
    await server.call('fill', images);
    servers.set(kind, { server, port, records: await server.call('handOutAll') });
  }

  return {
    /** A browser's home, with nothing in it. */
    freshProfile: () => mkdtempSync(join(place, 'profile-')),

    /** @param {string} profile */
    removeProfile: (profile) => rm(profile, { recursive: true, force: true, maxRetries: 5 }),

    /**
     * Opens a browser on a profile, and in it the contestant's page; leaves both as a user does.
     *
     * @template Result
     * @param {string} profile
     * @param {Entrant} entrant
     * @param {(page: Page) => Promise<Result>} work
     * @param {Conditions} [conditions]
     */
    async withPage(profile, { kind, config }, work, conditions = {}) {
      const { port, records } = servers.get(kind);
      const browser = await launchChromium(program, profile);
      const page = await browser.open(`${site.origin}/${kind}`);
      await page.evaluate((options) => globalThis.gallery.open(options), { config: { port, ...config }, records });
      await impose(page, conditions);
      await wait(calmAfter);
      const result = await work(page);
      await page.close();
      await browser.close();
      return result;
    },

    /**
     * Asks for every picture of a page.
     *
     * @param {Page} page
     * @returns {Promise<Visit>}
     */
    async visit(page) {
      const seen = await page.evaluate(() => globalThis.gallery.visit());
      if (seen.bytes === images.count * images.size) return seen;
      throw new Error(`The page got ${seen.bytes} bytes of ${images.count} pictures of ${images.size}.`);
    },

    async end() {
      site.close();
      for (const { server } of servers.values()) await server.end();
    },
  };
}

/**
 * @param {Page} page
 * @param {Conditions} conditions
 */
export async function impose(page, { network, slowdown }) {
  if (network) {
    const throughput = (network.mbit * 1e6) / 8;
    await page.send('Network.enable');
    await page.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: network.latency,
      downloadThroughput: throughput,
      uploadThroughput: throughput,
    });
  }
  if (slowdown) await page.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
}
