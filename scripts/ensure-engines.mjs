import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { aptInstall } from './apt-install.mjs';
import { run, runAsProgram } from './run.mjs';

/**
 * The Firefox that tests drive: `FIREFOX_PATH`, else the system's.
 *
 * @returns {Promise<string>} the path of its program
 * @throws {Error} saying how to install one
 */
export async function findFirefox() {
  const firefox = await lookForFirefox();
  if (firefox) return firefox;
  throw new Error(
    'No Firefox was found: install one (on Debian: apt-get install -y firefox-esr), or set FIREFOX_PATH to its program.',
  );
}

/**
 * WebKitGTK's driver and the small browser that it starts, on a Linux with a virtual display.
 *
 * @returns {Promise<{ driver: string, miniBrowser: string }>} the paths of the programs
 * @throws {Error} saying how to install them
 */
export async function findWebKit() {
  const webKit = await lookForWebKit();
  if (webKit) return webKit;
  throw new Error(
    'WebKitWebDriver and its MiniBrowser, dbus-run-session or xvfb-run was not found: on Debian, run "apt-get install ' +
      `-y ${webKitPackages.join(' ')}"; on other systems, run "npm test", which leaves WebKit out.`,
  );
}

const webKitPackages = ['webkit2gtk-driver', 'xvfb', 'xauth', 'dbus'];

/** Makes Firefox and WebKit ready; installs on a Debian, as root, what is missing. */
export async function ensureEngines() {
  const missing = [
    ...((await lookForFirefox()) ? [] : ['firefox-esr']),
    ...((await lookForWebKit()) ? [] : webKitPackages),
  ];
  if (missing.length > 0) await aptInstall(missing, 'for the browser tests');
  return { firefox: await findFirefox(), webKit: await findWebKit() };
}

async function lookForFirefox() {
  const chosen = process.env.FIREFOX_PATH;
  if (chosen) {
    if (await starts(chosen)) return chosen;
    throw new Error('FIREFOX_PATH does not name a Firefox that starts: correct it, or leave it out.');
  }
  const candidates = onPath('firefox-esr', 'firefox');
  if (process.platform === 'darwin') candidates.push('/Applications/Firefox.app/Contents/MacOS/firefox');
  for (const candidate of candidates) {
    if (await starts(candidate)) return candidate;
  }
  return undefined;
}

// Ubuntu's firefox may be a stub that only names a snap.
async function starts(/** @type {string} */ path) {
  return (await isProgram(path)) && (await run(path, ['--version'], { seconds: 20 })).ok;
}

async function lookForWebKit() {
  const [driver, bus, display, keys] = await Promise.all(
    ['WebKitWebDriver', 'dbus-run-session', 'xvfb-run', 'xauth'].map((name) => firstProgram(onPath(name))),
  );
  const miniBrowser = await firstProgram(await miniBrowsers());
  return driver && bus && display && keys && miniBrowser ? { driver, miniBrowser } : undefined;
}

/** Where distributions keep it: in a folder named for the machine on Debian, else right in /usr/lib or /usr/libexec. */
async function miniBrowsers() {
  const machines = await readdir('/usr/lib').catch(() => []);
  const folders = ['/usr/libexec', '/usr/lib', ...machines.map((name) => join('/usr/lib', name))];
  return folders.flatMap((folder) =>
    ['4.1', '4.0'].map((version) => join(folder, `webkit2gtk-${version}`, 'MiniBrowser')),
  );
}

function onPath(/** @type {string[]} */ ...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

async function firstProgram(/** @type {string[]} */ paths) {
  for (const path of paths) if (await isProgram(path)) return path;
  return undefined;
}

async function isProgram(/** @type {string} */ path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

await runAsProgram(import.meta.url, async () => console.log(await ensureEngines()));
