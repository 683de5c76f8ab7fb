import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** Lets servers beside this program have the processors first. */
export function giveWay(): void {
  // Else V8 looks through all its memory for every 16 MB of pictures: docs/decisions/0040-beside-servers.md.
  setFlagsFromString('--heap-growing-percent=700');
  for (const thread of threads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It is not allowed everywhere, or the thread has ended; and nothing depends on it.
    }
  }
}

/** Where each thread has a priority, which is Linux, all of them; those that start later have that of who starts them. */
function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [process.pid];
  }
}
