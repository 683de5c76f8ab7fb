import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FetchHandler, ImageRecord } from 'pixstore/backend';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../../../scripts/run.mjs';
import { temporaryFolder } from '../../support/folders.js';
import { photo, sha256 } from '../harness/backend.js';
import { installSvelteKit } from '../harness/install.js';
import { leadTo, serveOwnOrigin } from '../harness/own-origin.js';
import { openTab, useWorld } from '../harness/world.js';

// SvelteKit guards against forms of other sites by itself: it refuses a POST of `text/plain` whose Origin is not its own.

const world = useWorld();

/** The smallest application that can be built. Its one route hands requests to the handler of images. */
const files = {
  'package.json': '{ "private": true, "type": "module", "scripts": { "build": "vite build" } }',
  'vite.config.js': "import { sveltekit } from '@sveltejs/kit/vite'; export default { plugins: [sveltekit()] };",
  'svelte.config.js': 'export default {};',
  'src/app.html': '%sveltekit.head%%sveltekit.body%',
  'src/routes/images/[...id]/+server.js': `
    const answer = ({ platform, request }) => platform.images(request);
    export { answer as GET, answer as OPTIONS, answer as POST };`,
};

let packages: string;

beforeAll(async () => {
  packages = await installSvelteKit();
}, 60_000);

/** What SvelteKit builds of an application. */
interface SvelteServer {
  init(options: { env: object }): Promise<void>;
  respond(request: Request, options: { platform: object; getClientAddress(): string }): Promise<Response>;
}

async function buildApp(): Promise<(images: FetchHandler, request: Request) => Promise<Response>> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await symlink(join(packages, 'node_modules'), join(folder, 'node_modules'));
  const { ok, output } = await run('npm', ['run', '--prefix', folder, 'build'], { seconds: 60 });
  expect(ok, output).toBe(true);
  const load = (file: string) => import(pathToFileURL(join(folder, '.svelte-kit/output/server', file)).href);
  const [{ Server }, { manifest }] = await Promise.all([load('index.js'), load('manifest.js')]);
  const server: SvelteServer = new Server(manifest);
  await server.init({ env: {} });
  return (images, request) => server.respond(request, { platform: { images }, getClientAddress: () => '127.0.0.1' });
}

test('its own pages get batches, those of another origin single images', { timeout: 120_000 }, async () => {
  const respond = await buildApp();
  for (const isOwn of [true, false]) {
    const app = await serveOwnOrigin(
      world,
      (images) =>
        ({ req }) =>
          respond(images, req.raw),
    );
    const bytes = await photo('brick.webp');
    const save = async () => (await app.backend.saveImage(bytes)) as ImageRecord;
    const records = [await save(), await save(), await save()];
    const tab = await openTab(world, leadTo(app), undefined, isOwn ? app.origin : undefined);
    const seen = await tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), records);
    expect(seen).toMatchObject(records.map(() => ({ sha256: sha256(bytes) })));
    const gets = app.log.filter((line) => line.startsWith('GET')).length;
    expect(gets, app.log.join('\n')).toBe(isOwn ? 0 : records.length);
  }
});
