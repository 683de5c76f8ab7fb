import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { markedBlock } from '../../support/marked-picture.js';
import { launchOptions } from './world.js';

/** A Chromium with a profile on the disk, as a user has it. */
export interface ProfiledBrowser {
  context: BrowserContext;
  /** The browser itself, over DevTools. */
  devtools: CDPSession;
  /** Bytes of marked pictures in all files of the profile. */
  bytesOnDisk(mark: Buffer): Promise<number>;
  /** Those of the texts or bytes that are in any file of the profile. */
  found(needles: readonly Buffer[]): Promise<Buffer[]>;
  /** Ends the browser as a crash does. */
  kill(): Promise<void>;
}

export async function openProfile(): Promise<ProfiledBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'pixstore-profile-'));
  onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  const context = await chromium.launchPersistentContext(profile, await launchOptions());
  onTestFinished(() => context.close());
  const devtools = await context.browser()?.newBrowserCDPSession();
  if (!devtools) throw new Error('The browser cannot be reached.');
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const browser = processInfo.find(({ type }) => type === 'browser');

  async function* contents(): AsyncGenerator<Buffer> {
    const entries = await readdir(profile, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      // The browser removes some while we look.
      yield await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
    }
  }

  return {
    context,
    devtools,
    async bytesOnDisk(mark) {
      let bytes = 0;
      for await (const content of contents()) {
        for (let at = content.indexOf(mark); at >= 0; at = content.indexOf(mark, at + mark.length))
          bytes += markedBlock;
      }
      return bytes;
    },
    async found(needles) {
      const found = new Set<Buffer>();
      for await (const content of contents())
        for (const needle of needles) if (content.includes(needle)) found.add(needle);
      return [...found];
    },
    async kill() {
      const closed = new Promise((resolve) => context.once('close', resolve));
      if (browser) process.kill(browser.id, 'SIGKILL');
      await closed;
    },
  };
}
