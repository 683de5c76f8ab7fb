import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { selfSigned } from '../support/self-signed.js';
import { bundlePage, choose, createSmallApp, startServer, useBrowser, visitAsAnn, widthsShown } from './small-app.js';

const world = useBrowser();

test('HTTP/2, under a policy that allows nothing but what is needed: pictures are sent and shown', async () => {
  const folder = await createSmallApp('http2');
  await bundlePage(folder);
  const { key, cert } = await selfSigned();
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'cert.pem'), cert);
  const { origin } = await startServer(folder);
  // What violates the policy is an error in the console, and so a problem.
  const { page, problems } = await visitAsAnn(world, origin, { ignoreHTTPSErrors: true });
  await choose(page, 'cat.png');
  expect(await widthsShown(page, 1)).toEqual([451]);
  await choose(page, 'coffee.webp');
  expect(await widthsShown(page, 2)).toEqual([451, 600]);
  const another = await visitAsAnn(world, origin, { ignoreHTTPSErrors: true });
  expect(await widthsShown(another.page, 2)).toEqual([451, 600]);
  const protocols = await another.page.evaluate(() =>
    performance.getEntriesByType('resource').map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol),
  );
  expect(new Set(protocols.filter((protocol) => protocol !== ''))).toEqual(new Set(['h2']));
  expect(problems).toEqual([]);
  const isRefused = () =>
    fetch('data:,x').then(
      () => false,
      () => true,
    );
  expect(await page.evaluate(isRefused), 'the policy is in force').toBe(true);
  problems.length = 0;
});
