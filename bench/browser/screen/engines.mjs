import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBrowser } from '../../../scripts/ensure-browser.mjs';
import { ensureEngines } from '../../../scripts/ensure-engines.mjs';
import { endWithUs } from '../../contestants/children.mjs';
import { chromiumFlags } from '../chromium.mjs';

/** @typedef {'chromium' | 'firefox' | 'webkit'} Engine */

/** @type {Engine[]} */
export const engines = ['chromium', 'firefox', 'webkit'];

// What Firefox does when it is started for the first time is nobody's gallery.
const firefoxPreferences = {
  'browser.shell.checkDefaultBrowser': false,
  'browser.sessionstore.resume_from_crash': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.startup.max_resumed_crashes': -1,
  'app.update.auto': false,
};

// A container has no user namespaces for WebKit's sandbox, and no graphics card.
const webkitEnvironment = {
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
};

/** Finds the programs of all engines, and installs on a Debian, as root, what is missing. */
export async function findEngines() {
  const [chromium, { firefox, webKit }] = [await ensureBrowser(), await ensureEngines()];

  /** @type {Record<Engine, (profile: string, url: string) => [program: string, args: string[], env?: Record<string, string>]>} */
  const commands = {
    chromium: (profile, url) => [chromium, [...chromiumFlags, `--user-data-dir=${profile}`, url]],
    firefox(profile, url) {
      const lines = Object.entries(firefoxPreferences).map(
        ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
      );
      writeFileSync(join(profile, 'user.js'), lines.join('\n'));
      const size = { MOZ_HEADLESS_WIDTH: '1280', MOZ_HEADLESS_HEIGHT: '880' };
      return [firefox, ['--headless', '--no-remote', '--profile', profile, url], size];
    },
    webkit(profile, url) {
      // Whatever it keeps is below these.
      const homes = Object.fromEntries(
        ['HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'].map((name) => [name, join(profile, name)]),
      );
      for (const home of Object.values(homes)) mkdirSync(home, { recursive: true });
      const browser = [webKit.miniBrowser, '--geometry=1280x880', url];
      const display = ['xvfb-run', '-a', '-s', '-screen 0 1400x1000x24', ...browser];
      return ['dbus-run-session', ['--', ...display], { ...webkitEnvironment, ...homes }];
    },
  };

  return {
    /**
     * Opens a page in a browser of its own. Nothing drives it: whoever watches a page slows it down.
     *
     * @param {Engine} engine
     * @param {string} profile a folder; what the browser keeps between visits is there
     * @param {string} url
     */
    open(engine, profile, url) {
      const [program, args, env] = commands[engine](profile, url);
      const child = spawn(program, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
      endWithUs(child);
      const exited = once(child, 'exit');
      return {
        /** Ends it and all it has started, as a user's session does, so that it writes down what it keeps. */
        async close() {
          signal(child, 'SIGTERM');
          const timer = setTimeout(() => signal(child, 'SIGKILL'), 5_000);
          await exited;
          clearTimeout(timer);
          signal(child, 'SIGKILL'); // what outlived its parent
        },
      };
    },
  };
}

/**
 * To the whole group, which goes by the pid of the child that leads it.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} name
 */
function signal({ pid }, name) {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}
