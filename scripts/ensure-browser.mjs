import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { aptInstall } from './apt-install.mjs';
import { run, runAsProgram, runInstalled } from './run.mjs';

/**
 * The Chromium that tests drive: `CHROME_PATH`, else the one Playwright installed, else the system's.
 *
 * @returns {Promise<string>} the path of its program
 * @throws {Error} saying how to install one
 *
 * @example
 * const browser = await chromium.launch({ executablePath: await findBrowser() });
 */
export async function findBrowser() {
  const browser = await lookForBrowser();
  if (browser) return browser;
  throw new Error(
    'No Chromium was found: run "npx playwright-core install --with-deps chromium" (on Debian: apt-get install -y ' +
      'chromium), or set CHROME_PATH to the program of a Chrome or Chromium.',
  );
}

/** As {@link findBrowser}, but installs a browser when there is none. */
export async function ensureBrowser() {
  const browser = await lookForBrowser();
  if (browser) return browser;
  console.log('Installing Chromium for the browser tests ...');
  for (const install of await installers()) {
    await install();
    const installed = await lookForBrowser();
    if (installed) return installed;
  }
  return findBrowser();
}

async function lookForBrowser() {
  const chosen = process.env.CHROME_PATH;
  if (chosen) {
    if (await starts(chosen)) return chosen;
    throw new Error('CHROME_PATH does not name a Chrome or Chromium that starts: correct it, or leave it out.');
  }
  for (const candidate of [chromium.executablePath(), ...systemBrowsers()]) {
    if (await starts(candidate)) return candidate;
  }
  return undefined;
}

function systemBrowsers() {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);
  }
  if (process.platform === 'win32') {
    const folders = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    return folders.flatMap((folder) => (folder ? [join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')] : []));
  }
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

/** @param {string} path */
async function starts(path) {
  try {
    await access(path, constants.X_OK);
  } catch {
    return false;
  }
  // Ubuntu's chromium-browser may be a stub that only names a snap, and Playwright's may lack libraries of the system.
  // On Windows the program shows no version but opens a window.
  return process.platform === 'win32' || (await run(path, ['--version'], { seconds: 20 })).ok;
}

// Debian's package brings the libraries that Chromium needs, which a bare container lacks; Ubuntu's is a snap.
async function installers() {
  const playwright = (/** @type {string[]} */ ...flags) =>
    runInstalled('playwright-core/cli.js', ['install', ...flags, 'chromium'], { show: true, seconds: 300 });
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || process.platform !== 'linux') return [() => playwright()];
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const withLibraries = () => playwright('--with-deps');
  return /^ID=debian$/m.test(release)
    ? [() => aptInstall('chromium', 'of Debian'), withLibraries]
    : [withLibraries, () => playwright()];
}

await runAsProgram(import.meta.url, async () => console.log(await ensureBrowser()));
