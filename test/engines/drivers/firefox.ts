import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFirefox } from '../../../scripts/ensure-engines.mjs';
import { connectBidi } from './bidi.js';
import type { Engine } from './engine.js';
import { startProgram } from './program.js';

/** Starts Firefox without a window and drives it over WebDriver BiDi, which it speaks itself. */
export async function launchFirefox(): Promise<Engine> {
  const path = await findFirefox();
  const profile = await mkdtemp(join(tmpdir(), 'pixstore-firefox-'));
  const program = startProgram(path, [
    '--headless',
    '--no-remote',
    '--profile',
    profile,
    '--remote-debugging-port',
    '0',
  ]);
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const [, address] = await program.says(/WebDriver BiDi listening on (ws:\S+)/);
    const bidi = await connectBidi(`${address}/session`);
    await bidi.send('session.new', { capabilities: {} });
    return {
      async open() {
        const { context } = await bidi.send<{ context: string }>('browsingContext.create', { type: 'tab' });
        return {
          async go(url) {
            await bidi.send('browsingContext.navigate', { context, url, wait: 'none' });
          },
          async close() {
            await bidi.send('browsingContext.close', { context });
          },
        };
      },
      async close() {
        bidi.close();
        await program.end();
        await removeProfile();
      },
    };
  } catch (error) {
    await program.end();
    await removeProfile();
    throw error;
  }
}
