// biome-ignore lint/style/useNodejsImportProtocol: with it, webpack makes no file of the thread's program
import { Worker } from 'worker_threads';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { Command, Outcome } from './commands.js';
import { packCommands } from './packing.js';
import type { Writer } from './writer.js';
import { type FromWorker, loaded, type ToWorker, type WorkerSettings } from './writer-messages.js';

// Bundlers know this form, and make a file of the thread's program. Those that do not leave it behind.
const startWorker = (settings: WorkerSettings) =>
  new Worker(new URL('./writer-worker.js', import.meta.url), { workerData: settings, execArgv: [] });

/**
 * Takes a snapshot on a thread of its own: a large database takes seconds.
 *
 * @returns false when there is no such thread here
 */
export async function takeSnapshotOnThread(settings: WorkerSettings, target: string): Promise<boolean> {
  let worker: Worker;
  try {
    worker = startWorker(settings);
  } catch {
    return false;
  }
  let isLoaded = false;
  try {
    const [outcome] = await new Promise<Outcome[]>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message === loaded) isLoaded = true;
        else resolve(toOutcomes(message));
      });
      worker.once('error', (error) => (isLoaded ? reject(error) : resolve([])));
      worker.once('exit', () => reject(endedUnexpectedly()));
      worker.postMessage({ kind: 'snapshot', target } satisfies ToWorker);
    });
    if (outcome?.kind === 'failed') throw outcome.error;
    return outcome !== undefined;
  } finally {
    await worker.terminate();
  }
}

/**
 * Writes on a thread of its own, so that the one that serves requests never waits for a disk.
 *
 * @param openInstead - opens a writer on this thread: the program of the other one may be gone, or be without what it
 * imports, where this code was bundled. It is asked once that shows, which takes a moment
 */
export function startWriterThread(settings: WorkerSettings, openInstead: () => Writer): Writer {
  let worker: Worker | undefined;
  let wasLoaded = false;
  let instead: Writer | undefined;
  /** Batches on the thread, in the order they were sent and will be answered. */
  const waiting: { commands: Command[]; resolve(outcomes: Outcome[]): void; reject(error: unknown): void }[] = [];

  function start(): Worker | undefined {
    try {
      return listenTo(startWorker(settings));
    } catch (error) {
      writeInstead(error);
      return undefined;
    }
  }

  function listenTo(started: Worker): Worker {
    started.on('message', (message: FromWorker) => {
      if (message === loaded) {
        wasLoaded = true;
        return;
      }
      waiting.shift()?.resolve(toOutcomes(message));
      if (waiting.length === 0) started.unref();
    });
    started.on('error', (error) => (wasLoaded ? end(started, error) : writeInstead(error)));
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

  /** Nothing that was sent has been read. */
  function writeInstead(cause: unknown): void {
    worker = undefined;
    try {
      instead ??= openInstead();
    } catch {
      for (const { reject } of waiting.splice(0)) reject(cause);
      return;
    }
    for (const { commands, resolve, reject } of waiting.splice(0)) instead.run(commands).then(resolve, reject);
  }

  worker = start();

  return {
    get kind() {
      return instead ? 'inline' : 'thread';
    },

    run(commands) {
      worker ??= instead ? undefined : start();
      const thread = worker;
      if (!thread) return instead ? instead.run(commands) : Promise.reject(endedUnexpectedly());
      return new Promise((resolve, reject) => {
        thread.ref(); // but one at work does
        const packed = packCommands(commands);
        waiting.push({ commands, resolve, reject });
        thread.postMessage({ kind: 'run', packed } satisfies ToWorker, [packed.bytes.buffer]);
      });
    },

    async close() {
      const closing = worker;
      if (closing) {
        closing.ref();
        await new Promise<void>((resolve) => {
          closing.once('exit', () => resolve());
          closing.postMessage({ kind: 'close' } satisfies ToWorker);
        });
      }
      await instead?.close(); // it may have been opened meanwhile
    },
  };
}

const toOutcomes = (message: FromWorker): Outcome[] => (JSON.parse(message) as Outcome[]).map(reviveError);

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
