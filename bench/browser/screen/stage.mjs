import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ensureBrowser } from '../../../scripts/ensure-browser.mjs';
import { freePort, start } from '../../contestants/start.mjs';
import { launchChromium } from '../chromium.mjs';
import { bundlePages } from '../site.mjs';
import { impose } from '../stage.mjs';
import { findEngines } from './engines.mjs';

/** @typedef {import('./engines.mjs').Engine} Engine */
/** @typedef {import('../pages/screen/run.mjs').Visit} Visit */
/** @typedef {import('../stage.mjs').Conditions} Conditions */
/** @typedef {keyof typeof servers} Kind a page in pages/screen */

/** By page: who has its pictures. */
const servers = /** @type {const} */ ({
  plain: 'plain',
  element: 'ours',
  url: 'ours',
  peer: 'peer',
  'floor-painted': 'sealed',
  'floor-url': 'sealed',
});

// ms after which a page that did not answer is a failure of the benchmark.
const patience = 60_000;

/**
 * Everything a gallery on the screen needs: a server for each contestant with the same pictures in it, the pages, and
 * the browsers.
 *
 * @param {string} place
 * @param {Kind[]} kinds
 * @param {{ count: number, size: number }} images
 */
export async function setScreenStage(place, kinds, images) {
  const browsers = await findEngines();
  const chromium = await ensureBrowser();
  const scripts = await bundlePages(kinds.map((kind) => `screen/${kind}`));
  /** @type {Map<string, { end(): Promise<void>, port: number, records: any[] }>} */
  const running = new Map();
  for (const kind of new Set(kinds.map((name) => servers[name]))) {
    const port = await freePort();
    const server = await start(place, kind, { port });
    await server.call('fill', { ...images, distinct: true });
    running.set(kind, { end: server.end, port, records: await server.call('handOutAll') });
  }
  const { width = 16, height = 16 } = running.get('ours')?.records[0] ?? {};

  /** @type {(visit: Visit) => void} */
  let tell = () => {};
  /** @type {object} */
  let task = {};
  const site = createServer(async (request, response) => {
    const name = (request.url ?? '').slice(1);
    const script = scripts.get(name);
    if (script) response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(script);
    else if (name === 'task') response.end(JSON.stringify(task));
    else if (name === 'result') {
      tell(JSON.parse((await request.toArray()).join('')));
      response.end();
    } else response.writeHead(200, { 'Content-Type': 'text/html' }).end(html(name));
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  const { port: sitePort } = /** @type {import('node:net').AddressInfo} */ (site.address());

  /**
   * @param {Engine} engine
   * @param {string} profile
   * @param {Kind} kind
   * @param {number} tile
   * @param {Conditions} [conditions]
   * @returns {Promise<Visit>}
   */
  async function visit(engine, profile, kind, tile, conditions) {
    const { port, records } = running.get(servers[kind]) ?? { port: 0, records: [] };
    task = { port, records, tile, picture: { width, height } };
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const told = new Promise((resolve, reject) => {
      tell = resolve;
      timer = setTimeout(() => reject(new Error(`${kind} in ${engine} showed nothing for ${patience} ms.`)), patience);
    });
    const url = `http://127.0.0.1:${sitePort}/${kind}`;
    const opening = conditions ? openUnder(chromium, conditions, profile, url) : browsers.open(engine, profile, url);
    try {
      await opening;
      return await told;
    } finally {
      clearTimeout(timer);
      await (await opening).close();
    }
  }

  return {
    /**
     * A first visit in a fresh profile, and the next one, of a browser that was closed and opened again.
     *
     * @param {Engine} engine
     * @param {Kind} kind
     * @param {number} tile CSS pixels of a side
     * @param {Conditions} [conditions] in Chromium
     */
    async visits(engine, kind, tile, conditions) {
      const profile = mkdtempSync(join(place, 'profile-'));
      try {
        const first = await visit(engine, profile, kind, tile, conditions);
        return { first, next: await visit(engine, profile, kind, tile, conditions) };
      } finally {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    },

    async end() {
      site.closeAllConnections();
      site.close();
      for (const { end } of running.values()) await end();
    },
  };
}

/**
 * A Chromium that is driven, as far as its page is slowed down: when it is loaded, and before it shows anything.
 *
 * @param {string} program
 * @param {Conditions} conditions
 * @param {string} profile
 * @param {string} url
 */
async function openUnder(program, conditions, profile, url) {
  const browser = await launchChromium(program, profile);
  try {
    await impose(await browser.open(url), conditions);
    return browser;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** @param {string} kind */
function html(kind) {
  return `<!doctype html><meta charset="utf-8"><title>${kind}</title><link rel="icon" href="data:,"><body><script type="module" src="screen/${kind}.js"></script>`;
}
