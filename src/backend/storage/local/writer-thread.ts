import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { Outcome } from './commands.js';
import { packCommands } from './packing.js';
import type { Writer } from './writer.js';
import type { FromWorker, ToWorker, WorkerSettings } from './writer-worker.js';

const workerUrl = new URL('./writer-worker.js', import.meta.url);

/** Is the worker's file where it should be? A bundler that knows nothing of it has left it behind. */
export function isWriterThreadAvailable(): boolean {
  return workerUrl.protocol === 'file:' && existsSync(fileURLToPath(workerUrl));
}

/** Writes on a thread of its own, so that the one that serves requests never waits for a disk. */
export function startWriterThread(settings: WorkerSettings): Writer {
  let worker: Worker | undefined;
  let waiting: { resolve(outcomes: Outcome[]): void; reject(error: unknown): void } | undefined;

  function start(): Worker {
    const started = new Worker(workerUrl, { workerData: settings, execArgv: [] });
    started.unref(); // an idle writer keeps no process alive
    started.on('message', (message: FromWorker) => {
      if (message.kind === 'outcomes') settle()?.resolve((JSON.parse(message.json) as Outcome[]).map(reviveError));
      else fail(reviveError(message).error);
    });
    started.on('error', (error) => end(started, error));
    started.on('exit', () => {
      end(started, new PixstoreError('STORAGE_FAILED', 'The thread that writes images ended unexpectedly. Try again.'));
    });
    return started;
  }

  /** The next batch starts a new thread. */
  function end(ended: Worker, error: unknown): void {
    if (worker !== ended) return;
    fail(error);
    worker = undefined;
  }

  function settle() {
    const settled = waiting;
    waiting = undefined;
    worker?.unref();
    return settled;
  }

  function fail(error: unknown): void {
    settle()?.reject(error);
  }

  worker = start();

  return {
    kind: 'thread',

    run(commands) {
      return new Promise((resolve, reject) => {
        worker ??= start();
        worker.ref(); // but one at work does
        waiting = { resolve, reject };
        const packed = packCommands(commands);
        worker.postMessage({ kind: 'run', packed } satisfies ToWorker, [packed.bytes.buffer]);
      });
    },

    async close() {
      const closing = worker;
      if (!closing) return;
      closing.ref();
      await new Promise<void>((resolve) => {
        closing.once('exit', () => resolve());
        closing.postMessage({ kind: 'close' } satisfies ToWorker);
      });
    },
  };
}

/** Errors lose their code on the way between threads; `writer-worker.ts` sends it beside them. */
function reviveError<Message extends Outcome | Extract<FromWorker, { kind: 'failed' }>>(message: Message): Message {
  if (message.kind !== 'failed') return message;
  const { name, message: text, code, errcode } = message.error as Record<string, unknown>;
  const error =
    name === 'PixstoreError'
      ? new PixstoreError(code as PixstoreError['code'], String(text))
      : Object.assign(new Error(String(text)), { code, errcode });
  return { ...message, error };
}
