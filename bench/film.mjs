// `node bench/film.mjs`: a gallery that was never seen, while it loads. Ours, the peer and plain `fetch`, one below the
// other, at the same moments.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setStage } from './browser/stage.mjs';
import { ensurePeer } from './setup/peer.mjs';
import { makePlace } from './setup/place.mjs';
import { buildProject } from './setup/project.mjs';

const count = 120;
const size = 160 * 1024; // large enough for several photos of the demo
const moments = [100, 200, 400, 800, 1_600, 3_200]; // ms after the call
const names = { ours: 'pixstore', peer: 'pixstore 3.2.1', plain: 'plain fetch' };
const stillWidth = 208; // px

async function main() {
  const { values: options } = parseArgs({
    options: { 'no-peer': { type: 'boolean' }, 'no-build': { type: 'boolean' } },
  });
  if (!options['no-build']) buildProject();
  if (!options['no-peer']) await ensurePeer();
  /** @type {('ours' | 'peer' | 'plain')[]} */
  const kinds = options['no-peer'] ? ['ours', 'plain'] : ['ours', 'peer', 'plain'];
  const stage = await setStage(makePlace(), kinds, { count, size, varied: true });
  const rows = [];
  for (const kind of kinds) rows.push({ name: names[kind], stills: await film(stage, kind) });
  const path = fileURLToPath(new URL('results/film.png', import.meta.url));
  writeFileSync(path, await develop(stage, rows));
  await stage.end();
  console.log(`Kept in ${relative(process.cwd(), path)}.`);
}

/**
 * @param {Awaited<ReturnType<typeof setStage>>} stage
 * @param {'ours' | 'peer' | 'plain'} kind
 * @returns {Promise<(string | undefined)[]>} what the page looked like at each moment, as base64
 */
async function film(stage, kind) {
  const profile = stage.freshProfile();
  /** @type {{ at: number, data: string }[]} */
  const frames = [];
  const begin = await stage.withPage(profile, { kind }, async (page) => {
    await page.send('Page.enable');
    page.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
      frames.push({ at: metadata.timestamp * 1_000, data });
      page.send('Page.screencastFrameAck', { sessionId }).catch(() => {}); // the page may be gone
    });
    await page.send('Page.startScreencast', { format: 'jpeg', quality: 80, maxWidth: 2 * stillWidth });
    const begin = await page.evaluate(() => globalThis.gallery.film());
    await page.evaluate(() => globalThis.gallery.settle(0)); // the last picture is drawn
    await page.send('Page.stopScreencast');
    return begin;
  });
  await stage.removeProfile(profile);
  return moments.map((moment) => frames.findLast(({ at }) => at <= begin + moment)?.data);
}

/**
 * Puts the stills on one sheet.
 *
 * @param {Awaited<ReturnType<typeof setStage>>} stage
 * @param {{ name: string, stills: (string | undefined)[] }[]} rows
 */
async function develop(stage, rows) {
  const still = (/** @type {string | undefined} */ data) =>
    `<td>${data ? `<img width="${stillWidth}" src="data:image/jpeg;base64,${data}">` : ''}</td>`;
  const heads = moments.map((moment) => `<th>${moment.toLocaleString('en')} ms</th>`).join('');
  const body = rows.map(({ name, stills }) => `<tr><th>${name}</th>${stills.map(still).join('')}</tr>`).join('');
  const html = `<table><tr><th></th>${heads}</tr>${body}</table>`;
  const style = 'font: 14px system-ui, sans-serif; margin: 0; width: max-content';
  const profile = stage.freshProfile();
  const data = await stage.withPage(profile, { kind: 'ours' }, async (page) => {
    const box = await page.evaluate(
      async ({ html, style }) => {
        document.body.innerHTML = html;
        document.body.setAttribute('style', style);
        await Promise.all(Array.from(document.images, (image) => image.decode()));
        return { width: document.body.offsetWidth, height: document.body.offsetHeight };
      },
      { html, style },
    );
    const clip = { x: 0, y: 0, ...box, scale: 1 };
    const screenshot = { format: 'png', captureBeyondViewport: true, clip };
    return (await page.send('Page.captureScreenshot', screenshot)).data;
  });
  await stage.removeProfile(profile);
  return Buffer.from(data, 'base64');
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
