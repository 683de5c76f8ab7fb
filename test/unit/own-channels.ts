import { threadId } from 'node:worker_threads';

// Channels reach all threads of a process, and each file of tests runs on one: what one says is no business of the others.
const Channel = globalThis.BroadcastChannel;
globalThis.BroadcastChannel = class extends Channel {
  constructor(name: string) {
    super(`${threadId} ${name}`);
  }
};
