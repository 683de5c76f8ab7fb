import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from '../../../src/cli/main.js';
import type { Surroundings } from '../../../src/cli/surroundings.js';

/** Streams as a terminal has them, or as a pipe does. */
export function surroundings({ isTTY = true, env = {} as Record<string, string> } = {}) {
  const stream = () => Object.assign(new PassThrough(), { isTTY, columns: 100 });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const texts = { out: '', err: '' };
  stdout.on('data', (bytes) => {
    texts.out += bytes;
  });
  stderr.on('data', (bytes) => {
    texts.err += bytes;
  });
  const stopping = new AbortController();
  const around: Surroundings = {
    stdin,
    stdout,
    stderr,
    env,
    signal: stopping.signal,
    now: Date.now,
  };
  return { around, texts, stdin, stopping };
}

/** Runs a command in this process, on a store of its own in a folder. @returns how it ended, and what it wrote */
export async function runIn(folder: string, words: readonly string[]) {
  const { around, texts } = surroundings({ isTTY: false });
  const store = ['--database', join(folder, 'store.sqlite'), '--image-dir', join(folder, 'store')];
  const code = await main([...words, ...store], around);
  return { code, ...texts };
}
