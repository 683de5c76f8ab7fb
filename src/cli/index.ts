#!/usr/bin/env node
import { constants, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { exitCodes } from './exit-codes.js';
import { main } from './main.js';

const stopping = new AbortController();

// The first one has the command stop where it is whole; whoever does not want to wait says it again.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) process.exit(exitCodes.stopped);
    stopping.abort();
  });
}

const exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: stopping.signal,
  now: Date.now,
  beginLongWork() {
    // Else V8 looks through all its memory for every 16 MB of pictures: docs/decisions/0040-garbage-of-long-commands.md.
    setFlagsFromString('--heap-growing-percent=700');
    try {
      setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It is not allowed everywhere, and nothing depends on it.
    }
  },
});

// A module of --config may have opened what keeps a process alive.
process.exit(exitCode);
