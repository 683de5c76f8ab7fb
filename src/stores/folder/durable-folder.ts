import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { isUnsupported } from '../../shared/unsupported.js';

/** A new folder survives a power cut once the one above it is synced, and so on up to one that was there before. */
export function makeDurably(path: string): void {
  const topmost = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) {
    syncFolder(dirname(made));
  }
}

export function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // has no handles to directories
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    closeSync(handle);
  }
}
