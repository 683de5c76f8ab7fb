#!/usr/bin/env node
import { exitCodes } from './exit-codes.js';
import { giveWay } from './give-way.js';

const stopping = new AbortController();

// The first one has the command stop where it is whole; whoever does not want to wait says it again.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(exitCodes.stopped);
    stopping.abort();
  });
}

// Before anything is loaded, which is most of what a short command does. Servers give way to nobody.
if (!process.argv.includes('serve')) giveWay();
const { main } = await import('./main.js');

const exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: stopping.signal,
  now: Date.now,
});

// A module of --config may have opened what keeps a process alive.
process.exit(exitCode);
