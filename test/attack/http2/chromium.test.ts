import { build } from 'esbuild';
import type { PixstoreFrontend } from 'pixstore/frontend';
import { chromium } from 'playwright-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findBrowser } from '../../../scripts/ensure-browser.mjs';
import { selfSigned } from '../../support/self-signed.js';
import { smallPicture } from '../../support/small-picture.js';
import { expectCalm, patience, withVictim } from '../victim/with-victim.js';

declare const pixstore: typeof import('pixstore/frontend');
declare let aborts: AbortController;
declare let outcomes: Promise<string>[];

/** A page of the images' own origin, with the built frontend. */
async function openPage(port: number) {
  const executablePath = await findBrowser();
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await page.goto(`https://127.0.0.1:${port}/pixstore-image/-/health`);
  const { outputFiles } = await build({
    stdin: { contents: "export * from 'pixstore/frontend'", resolveDir: import.meta.dirname },
    bundle: true,
    format: 'iife',
    globalName: 'pixstore',
    write: false,
  });
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  return page;
}

test('60 pictures that Chromium asks for and aborts hold nothing, and are served afterwards', async () => {
  const victim = await withVictim({ handler: 'https2', tls: await selfSigned() });
  const records = [];
  for (let picture = 0; picture < 60; picture += 1) {
    records.push(await victim.save(smallPicture(), { id: `picture-${picture}` }));
  }
  const page = await openPage(victim.port);
  await victim.holdChecks();
  for (let round = 0; round < 3; round += 1) {
    await page.evaluate(
      ([given, port]) => {
        aborts = new AbortController();
        // A frontend each: they do not gather what they are asked for.
        outcomes = given.map((record) => {
          const frontend: PixstoreFrontend = pixstore.createPixstoreFrontend({
            defaultEndpointConnectHost: 'https://127.0.0.1',
            defaultEndpointConnectPort: port,
            errorHandlingMode: 'throw',
            fetchRetries: 0,
          });
          return frontend.getImage(record, undefined, { signal: aborts.signal }).then(
            () => 'came',
            () => 'aborted',
          );
        });
      },
      [records, victim.port] as const,
    );
    await vi.waitFor(async () => expect((await victim.open()).answers).toBe(60), { timeout: patience, interval: 20 });
    const ended = await page.evaluate(() => {
      aborts.abort();
      return Promise.all(outcomes);
    });
    expect(new Set(ended)).toEqual(new Set(['aborted']));
    await vi.waitFor(async () => expect((await victim.open()).answers).toBe(0), { timeout: patience, interval: 20 });
  }
  await victim.letChecksGo();
  const sizes = await page.evaluate(
    ([given, port]) => {
      const frontend = pixstore.createPixstoreFrontend({
        defaultEndpointConnectHost: 'https://127.0.0.1',
        defaultEndpointConnectPort: port,
        errorHandlingMode: 'throw',
      });
      return Promise.all(given.map(async (record) => (await frontend.getImage(record))?.size ?? 0));
    },
    [records, victim.port] as const,
  );
  expect(sizes.every((size) => size > 100)).toBe(true);
  console.log('180 getImage aborted in Chromium: 180 asked for, 0 answers held afterwards');
  await page.context().browser()?.close();
  await expectCalm(victim);
});
