import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { blocksOfDocuments, createProject } from './documents.js';
import { freePort } from './free-port.js';
import { pixstoreLines } from './own-lines.js';
import { withSqlite } from './round-trip.js';
import { root, run } from './run.js';
import { stop, useBrowser } from './small-app.js';

// Somebody who has never seen pixstore begins with `npm create vite` and follows the README. What the machine takes of
// the five minutes is measured, and how many lines there are that he would not have without pixstore.

const world = useBrowser();
const { app, tarball } = inject('packed');

const minutes = 5;
const lines = 30;

/** The files of the README, by their paths; a block says in its first line which it is. */
const files = Object.fromEntries(
  (await blocksOfDocuments())
    .filter(({ document, language }) => document === 'README.md' && ['js', 'html'].includes(language))
    .map(({ code }) => [/^(?:\/\/|<!--) (\S+)/.exec(code)?.[1] ?? '', code]),
);
const fileOf = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw new Error(`The README has no ${path} any more.`);
  return text;
};

/** The smallest app of Vite. */
const smallest = {
  'index.html':
    '<!doctype html>\n<html lang="en">\n  <body>\n    <div id="app"></div>\n    <script type="module" src="/src/main.js"></script>\n  </body>\n</html>\n',
  'package.json': '{ "name": "my-app", "private": true, "type": "module" }\n',
};

/**
 * What the create command makes, with what the README installs. Without a network an app that is as small as can be, with
 * packages of the project.
 */
async function begin(): Promise<string> {
  const parent = await mkdtemp(join(dirname(tarball), 'journey-'));
  const create = ['create', '--yes', 'vite@9.3.0', 'my-app', '--', '--template', 'vanilla', '--no-interactive'];
  const created = await run('npm', create, parent, { npm_config_fetch_retries: '0' }).catch(() => undefined);
  if (created === undefined) {
    console.log('journey: the npm registry is not reached, so it begins with the smallest app of Vite');
    const folder = await createProject(app, 'journey');
    for (const [name, text] of Object.entries(smallest)) await writeFile(join(folder, name), text);
    await mkdir(join(folder, 'src'));
    return folder;
  }
  // SQLite's package, which has to be built, is that of the project.
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quick, tarball, 'express', 'express-session'], join(parent, 'my-app'));
  return join(parent, 'my-app');
}

/** Everything that lies in a folder, but for what was installed. */
async function filesIn(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const own = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'));
  return Promise.all(own.map(({ parentPath, name }) => readFile(join(parentPath, name))));
}

test('from npm create vite to an encrypted picture on the page, by the README alone', {
  timeout: minutes * 60_000,
}, async () => {
  const started = performance.now();
  const folder = await begin();
  const server = fileOf('server.mjs').replace("express.static('public')", "express.static('dist')");
  expect(server).toContain("express.static('dist')");
  await writeFile(join(folder, 'server.mjs'), server);
  await writeFile(join(folder, 'src/main.js'), fileOf('public/page.mjs'));
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const elements = fileOf('public/index.html').split('</script>').at(-1) ?? '';
  expect(page).toContain('<div id="app"></div>');
  await writeFile(join(folder, 'index.html'), page.replace('<div id="app"></div>', elements));
  await run(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], folder);

  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = { ...process.env, ...withSqlite, PORT: String(port) };
  const running = spawn(process.execPath, ['server.mjs'], { cwd: folder, env, stdio: 'inherit' });
  onTestFinished(() => stop(running));
  await vi.waitFor(() => fetch(origin), { timeout: 20_000, interval: 50 });

  const tab = await world.browser.newPage({ baseURL: origin });
  const uncaught: Error[] = [];
  tab.on('pageerror', (error) => uncaught.push(error));
  await tab.goto('/');
  await Promise.all([tab.waitForResponse('/login'), tab.click('#login')]);
  const photo = join(root, 'demo/photos/cat.png');
  await tab.setInputFiles('#photo', photo);
  await tab.waitForFunction(() => [...document.images].some(({ naturalWidth }) => naturalWidth === 451));
  const seconds = (performance.now() - started) / 1000;

  const code = [server, fileOf('public/page.mjs')].map(pixstoreLines);
  console.log(
    `journey: ${seconds.toFixed(0)} s until the picture was there, ` +
      `${code.map(({ length }) => length).join(' + ')} lines for pixstore, on the server and on the page`,
  );
  expect(seconds).toBeLessThan(minutes * 60);
  expect(code.flat().length).toBeLessThanOrEqual(lines);
  expect(uncaught).toEqual([]);

  // Encrypted it is: no file has a part of the picture.
  const part = (await readFile(photo)).subarray(5_000, 5_032);
  const kept = await filesIn(folder);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.some((bytes) => bytes.includes(part))).toBe(false);
});

test('lines for pixstore are counted by what they use', () => {
  const code = `
import { readFile } from 'node:fs/promises';
import { initPixstoreBackend } from 'pixstore/backend';

const backend = initPixstoreBackend({
  // none of its own
  defaultEndpointEnabled: false,
});
function other() {
  console.log('nothing');
  if (1 > 0) {
    backend.close();
  }
}
other(readFile);
`;
  expect(pixstoreLines(code).map((line) => line.trim())).toEqual([
    "import { initPixstoreBackend } from 'pixstore/backend';",
    'const backend = initPixstoreBackend({',
    'defaultEndpointEnabled: false,',
    'backend.close();',
  ]);
});
