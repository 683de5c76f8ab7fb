import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { withSqlite } from './round-trip.js';
import { root } from './run.js';

// Small applications, each in a folder of apps/, that have installed the packed package.

const { app: installed } = inject('packed');

/** An empty folder in which `pixstore` is what was packed, and packages are those of other folders. */
export async function createFolder(packages: Readonly<Record<string, readonly string[]>> = {}): Promise<string> {
  const folder = await mkdtemp(join(installed, 'small-'));
  const link = async (from: string, name: string) => {
    const path = join(folder, 'node_modules', name);
    await mkdir(join(path, '..'), { recursive: true });
    await symlink(join(from, 'node_modules', name), path, 'junction');
  };
  await link(installed, 'pixstore');
  for (const [from, names] of Object.entries(packages)) for (const name of names) await link(from, name);
  return folder;
}

/** The names of all packages in a folder, besides those of scopes. */
export async function packagesIn(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
}

/** One of apps/, ready to start. */
export async function createSmallApp(name: string, packages: Readonly<Record<string, readonly string[]>> = {}) {
  const folder = await createFolder(packages);
  await cp(appFolder(name), folder, { recursive: true });
  return folder;
}

const appFolder = (name: string) => join(root, 'test/package/apps', name);

/** Puts the plain page of apps/page into a folder's `public/`, bundled by esbuild. */
export async function bundlePage(folder: string): Promise<void> {
  const page = join(folder, 'public');
  await cp(appFolder('page'), page, { recursive: true });
  const path = join(page, 'page.js');
  await build({
    entryPoints: [path],
    outfile: path,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
  });
}

/** Starts the server of an application, on a port of its choice, until the test ends. */
export async function startServer(folder: string, [command, ...args] = [process.execPath, 'server.js']) {
  const env = { ...process.env, ...withSqlite, PORT: '0', NO_COLOR: '1' };
  // A group of its own, so that what a script starts ends with it.
  const server = spawn(command ?? '', args, { cwd: folder, env, detached: true });
  onTestFinished(() => stop(server, () => process.kill(-(server.pid ?? 0))));
  let log = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const read = (text: unknown) => {
      log += text;
      const [, origin] = /listening on (\S+)\n/.exec(log) ?? [];
      if (origin !== undefined) resolve(origin);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('exit', () => reject(new Error(`The server ended:\n${log}`)));
  });
  return { origin, log: () => log };
}

export async function stop(program: ChildProcess, kill: () => void = () => program.kill()): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const exited = once(program, 'exit');
  kill();
  await exited;
}

/** A browser for all tests of a file. */
export function useBrowser(): { browser: Browser } {
  const world = {} as { browser: Browser };
  beforeAll(async () => {
    world.browser = await chromium.launch({ executablePath: await findBrowser(), chromiumSandbox: false });
  });
  afterAll(() => world.browser?.close());
  return world;
}

/** A visitor who is logged in as ann, with nothing in the cache. The test fails when anything in the page goes wrong. */
export async function visitAsAnn({ browser }: { browser: Browser }, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  await context.addCookies([{ name: 'user', value: 'ann', url }]);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) problems.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });
  await page.goto(url);
  return { page, problems };
}

/** Chooses one of the demo's photos in the page's field for files. */
export const choose = (page: Page, name: string) =>
  page.setInputFiles('input[type=file]', join(root, 'demo/photos', name));

/** Waits until the page shows so many pictures, each by a URL of a Blob; gives their widths. */
export async function widthsShown(page: Page, count: number): Promise<number[]> {
  await page.waitForFunction(
    (count) => [...document.images].filter((image) => image.complete && image.naturalWidth > 0).length === count,
    count,
  );
  const shown = await page.evaluate(() => [...document.images].map(({ src, naturalWidth }) => ({ src, naturalWidth })));
  for (const { src } of shown) expect(src).toMatch(/^blob:/);
  return shown.map(({ naturalWidth }) => naturalWidth).sort((one, other) => one - other);
}
