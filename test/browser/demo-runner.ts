import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningDemo {
  url: string;
  /** Everything it printed until it was ready. */
  output: string;
  /** Presses Ctrl-C. @returns the exit code */
  stop(): Promise<number | null>;
}

/** Starts `npm run demo` with a data folder of the test's own, and waits until it prints its URL. */
export async function runDemo(port: number, dataDir: string, ...flags: string[]): Promise<RunningDemo> {
  const child = spawn(process.execPath, ['scripts/demo.mjs', '--port', String(port), '--data', dataDir, ...flags]);
  const output = await outputUntil(child, /The gallery: (\S+)\s/);
  return {
    url: /The gallery: (\S+)/.exec(output)?.[1] ?? '',
    output,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      return (await exit)[0];
    },
  };
}

function outputUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
      if (pattern.test(output)) resolve(output);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('exit', (code) => reject(new Error(`The demo ended with ${code}:\n${output}`)));
  });
}

export function temporaryDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'pixstore-demo-'));
}

export async function removeDataDir(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
