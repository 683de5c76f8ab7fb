import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from './commands.js';
import { findDriver } from './driver.js';
import { createFence } from './fence.js';
import { createInlineWriter } from './inline-writer.js';
import { type PackedCommands, unpackCommands } from './packing.js';
import { openDatabase } from './schema.js';
import { takeSnapshot } from './snapshot.js';
import type { Writer } from './writer.js';

/** The far end of `writer-thread.ts`: one connection, one batch at a time. */

export interface WorkerSettings {
  databasePath: string;
  busyTimeout: number;
  /** The folder of the store, in that of all blobs. */
  folder: string;
}

export type ToWorker =
  | { kind: 'run'; packed: PackedCommands }
  | { kind: 'snapshot'; target: string }
  | { kind: 'close' };

/** `Outcome[]` as JSON, which is cheaper to send than objects; a snapshot is answered as one command. */
export type FromWorker = string;

const port = parentPort;
if (port) serve(port, workerData as WorkerSettings);

function serve(port: MessagePort, { databasePath, busyTimeout, folder }: WorkerSettings): void {
  let writer: Writer | undefined;

  async function run(packed: PackedCommands): Promise<Outcome[]> {
    const commands = unpackCommands(packed);
    try {
      writer ??= createInlineWriter(openDatabase(findDriver(), databasePath, busyTimeout), createFence(folder));
    } catch (error) {
      return commands.map(() => ({ kind: 'failed', error, uncertain: false }));
    }
    return writer.run(commands);
  }

  function snapshot(target: string): Outcome[] {
    try {
      takeSnapshot(findDriver(), databasePath, busyTimeout, target);
      return [{ kind: 'done', released: [] }];
    } catch (error) {
      return [{ kind: 'failed', error, uncertain: false }];
    }
  }

  const answer = (outcomes: Outcome[]) =>
    port.postMessage(JSON.stringify(outcomes.map(withPlainError)) satisfies FromWorker);

  port.on('message', async (message: ToWorker) => {
    if (message.kind === 'run') answer(await run(message.packed));
    else if (message.kind === 'snapshot') answer(snapshot(message.target));
    else {
      await writer?.close();
      port.close();
    }
  });
}

function withPlainError(outcome: Outcome): Outcome {
  return outcome.kind === 'failed' ? { ...outcome, error: toPlain(outcome.error) } : outcome;
}

function toPlain(error: unknown) {
  const { name, message, code, errcode } = error as Record<string, unknown>;
  return { name, message, code, errcode };
}
