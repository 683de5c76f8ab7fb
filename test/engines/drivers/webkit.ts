import { createServer } from 'node:http';
import { findWebKit } from '../../../scripts/ensure-engines.mjs';
import { listen } from '../../browser/harness/listen.js';
import type { Engine } from './engine.js';
import { startProgram } from './program.js';
import { createWebDriver } from './webdriver.js';

// A container has no user namespaces for WebKit's sandbox, and no graphics card.
const env = {
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
};

/** Starts WebKitGTK's small browser on a display of its own and drives it over WebDriver. */
export async function launchWebKit(): Promise<Engine> {
  const { miniBrowser } = await findWebKit();
  const port = await freePort();
  const program = startProgram('dbus-run-session', ['--', 'xvfb-run', '-a', 'WebKitWebDriver', `--port=${port}`], env);
  const driver = createWebDriver(`http://127.0.0.1:${port}`);
  try {
    await driver.ready();
    await driver.start({
      browserName: 'MiniBrowser',
      pageLoadStrategy: 'none',
      'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
    });
    return {
      async open() {
        const handle = await driver.openTab();
        return { go: (url) => driver.goInTab(handle, url), close: () => driver.closeTab(handle) };
      },
      async close() {
        await driver.end().catch(() => undefined); // the browser is ended in any case
        await program.end();
      },
    };
  } catch (error) {
    await program.end();
    throw new Error(`${String(error)}\n${program.output()}`, { cause: error });
  }
}

async function freePort(): Promise<number> {
  const found = await listen(createServer());
  await found.close();
  return found.port;
}
