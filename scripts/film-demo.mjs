// `node scripts/film-demo.mjs`: the moving pictures of the README, of the demo as it is; to be run when it looks different.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { findBrowser } from './ensure-browser.mjs';
import { root, runAsProgram } from './run.mjs';

const size = { width: 1120, height: 700 };
const shownWidth = 1000; // pixels of the film
const quality = 58;

/** @typedef {{ image: Buffer, delay: number }} Frame `delay` in milliseconds */

async function main() {
  const data = mkdtempSync(join(tmpdir(), 'pixstore-film-'));
  const { url, stop } = await startDemo(data);
  const browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
  try {
    for (const [scheme, name] of /** @type {const} */ ([
      ['light', 'demo.webp'],
      ['dark', 'demo-dark.webp'],
    ])) {
      const frames = await film(browser, url, scheme);
      const path = join(root, 'docs', 'images', name);
      const { size: bytes } = await sharp(
        frames.map(({ image }) => image),
        { join: { animated: true } },
      )
        .webp({ quality, effort: 6, loop: 0, delay: frames.map(({ delay }) => delay), minSize: true })
        .toFile(path);
      console.log(`docs/images/${name}: ${frames.length} frames, ${Math.round(bytes / 1000)} kB`);
    }
  } finally {
    await browser.close();
    await stop();
    rmSync(data, { recursive: true });
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {'light' | 'dark'} colorScheme
 */
async function film(browser, url, colorScheme) {
  const newPage = () => browser.newPage({ viewport: size, colorScheme, reducedMotion: 'reduce' });
  let page = await newPage();
  /** @type {Frame[]} */
  const frames = [];
  const take = async (/** @type {number} */ delay) => {
    const image = await sharp(await page.screenshot())
      .resize(shownWidth)
      .png()
      .toBuffer();
    frames.push({ image, delay });
  };
  const drawn = () => page.waitForFunction(() => !document.querySelector('.tile[data-state=waiting]'));
  const say = (/** @type {string} */ button, /** @type {RegExp} */ outcome) =>
    page
      .getByRole('button', { name: button, exact: true })
      .click()
      .then(() => page.getByText(outcome).waitFor());

  // Placeholders first, as on a slow line.
  await page.route('**/pixstore-image**', () => {});
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll('.tile[data-state=waiting]').length > 20);
  await take(700);
  await page.close();
  page = await newPage();
  await page.goto(url);
  await page.getByText(/in view, drawn in/).waitFor();
  await page.waitForTimeout(1000); // the cache is written
  await take(1200);

  await say('a bit flips on the wire', /^One bit of/);
  await take(2000);
  await page.getByRole('button', { name: 'Try again' }).click();
  await drawn();
  await say('the network is gone', /^The network is gone\. \d+/);
  await take(2200);
  await say('the network is gone', /^The network is back/);
  await say('the master key changes', /^The master key was exchanged/);
  await take(2200);

  await page.locator('.tile .open').nth(1).click();
  await page.getByText('All three places hold the same ciphertext').waitFor();
  await take(2600);
  await page.keyboard.press('Escape');
  await say('I log out', /^You are logged out/);
  await take(2200);
  await page.close();
  return frames;
}

/** Starts the demo, and waits until all of its pictures are made. */
async function startDemo(/** @type {string} */ data) {
  const child = spawn(process.execPath, ['scripts/demo.mjs', '--port', '7600', '--data', data, '--pictures', '120'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      const [, found] = /The gallery: (\S+)/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    exited.then(() => reject(new Error(`The demo ended:\n${output}`)));
  });
  while ((await (await fetch(`${url}/api/images`)).json()).isGrowing) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
}

await runAsProgram(import.meta.url, main);
