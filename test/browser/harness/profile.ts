import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { launchOptions } from './world.js';

// Every so many bytes of a marked picture stands its mark: so much of it as is on a disk, it can be found.
const block = 64;

/** A picture of so many bytes of noise that is known again by its mark of 16 bytes, in whatever piece of it. */
export function markedPicture(mark: Buffer, size: number): Buffer {
  const noise = randomBytes(size);
  for (let at = 0; at < size; at += block) mark.copy(noise, at);
  return Buffer.concat([smallPicture(), noise]);
}

/** A Chromium with a profile on the disk, as a user has it. */
export interface ProfiledBrowser {
  context: BrowserContext;
  /** The browser itself, over DevTools. */
  devtools: CDPSession;
  /** Bytes of marked pictures in all files of the profile. */
  bytesOnDisk(mark: Buffer): Promise<number>;
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
  return {
    context,
    devtools,
    async bytesOnDisk(mark) {
      const entries = await readdir(profile, { recursive: true, withFileTypes: true });
      let bytes = 0;
      for (const entry of entries.filter((each) => each.isFile())) {
        // The browser removes some while we look.
        const content = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0));
        for (let at = content.indexOf(mark); at >= 0; at = content.indexOf(mark, at + mark.length)) bytes += block;
      }
      return bytes;
    },
    async kill() {
      const closed = new Promise((resolve) => context.once('close', resolve));
      if (browser) process.kill(browser.id, 'SIGKILL');
      await closed;
    },
  };
}
