import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { Outcome } from './commands.js';
import { packCommands } from './packing.js';
import type { Writer } from './writer.js';
import type { FromWorker, ToWorker, WorkerSettings } from './writer-worker.js';

const workerUrl = new URL('./writer-worker.js', import.meta.url);

/** Is the worker's file where it should be? A bundler that knows nothing of it has left it behind. */
export function isWriterThreadAvailable(): boolean {
  return workerUrl.protocol === 'file:' && existsSync(fileURLToPath(workerUrl));
}

/** Takes a snapshot on a thread of its own: a large database takes seconds. */
export async function takeSnapshotOnThread(settings: WorkerSettings, target: string): Promise<void> {
  const worker = new Worker(workerUrl, { workerData: settings, execArgv: [] });
  try {
    const [outcome] = await new Promise<Outcome[]>((resolve, reject) => {
      worker.once('message', (message: FromWorker) => resolve((JSON.parse(message) as Outcome[]).map(reviveError)));
      worker.once('error', reject);
      worker.once('exit', () => reject(endedUnexpectedly()));
      worker.postMessage({ kind: 'snapshot', target } satisfies ToWorker);
    });
    if (outcome?.kind === 'failed') throw outcome.error;
  } finally {
    await worker.terminate();
  }
}

/** Writes on a thread of its own, so that the one that serves requests never waits for a disk. */
export function startWriterThread(settings: WorkerSettings): Writer {
  let worker: Worker | undefined;
  /** Batches on the thread, in the order they were sent and will be answered. */
  const waiting: { resolve(outcomes: Outcome[]): void; reject(error: unknown): void }[] = [];

  function start(): Worker {
    const started = new Worker(workerUrl, { workerData: settings, execArgv: [] });
    started.on('message', (message: FromWorker) => {
      waiting.shift()?.resolve((JSON.parse(message) as Outcome[]).map(reviveError));
      if (waiting.length === 0) started.unref();
    });
    started.on('error', (error) => end(started, error));
    started.on('exit', () => {
      end(started, endedUnexpectedly());
    });
    started.unref(); // an idle writer keeps no process alive; a listener for messages would undo it
    return started;
  }

  /** The next batch starts a new thread. */
  function end(ended: Worker, error: unknown): void {
    if (worker !== ended) return;
    worker = undefined;
    for (const { reject } of waiting.splice(0)) reject(error);
  }

  worker = start();

  return {
    kind: 'thread',

    run(commands) {
      return new Promise((resolve, reject) => {
        worker ??= start();
        worker.ref(); // but one at work does
        const packed = packCommands(commands);
        waiting.push({ resolve, reject });
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

function endedUnexpectedly(): PixstoreError {
  return new PixstoreError('STORAGE_FAILED', 'The thread that writes images ended unexpectedly. Try again.');
}

/** Errors lose their code on the way between threads; `writer-worker.ts` sends it beside them. */
function reviveError(outcome: Outcome): Outcome {
  if (outcome.kind !== 'failed') return outcome;
  const { name, message, code, errcode } = outcome.error as Record<string, unknown>;
  const error =
    name === 'PixstoreError'
      ? new PixstoreError(code as PixstoreError['code'], String(message))
      : Object.assign(new Error(String(message)), { code, errcode });
  return { ...outcome, error };
}
