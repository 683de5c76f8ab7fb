import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from './commands.js';
import { findDriver } from './driver.js';
import { createInlineWriter } from './inline-writer.js';
import { type PackedCommands, unpackCommands } from './packing.js';
import { openDatabase } from './schema.js';
import type { Writer } from './writer.js';

/** The far end of `writer-thread.ts`: one connection, one batch at a time. */

export interface WorkerSettings {
  databasePath: string;
  busyTimeout: number;
}

export type ToWorker = { kind: 'run'; packed: PackedCommands } | { kind: 'close' };

export type FromWorker =
  /** `Outcome[]` as JSON, which is cheaper to send than objects. */
  | { kind: 'outcomes'; json: string }
  /** The database cannot be opened. */
  | { kind: 'failed'; error: unknown };

const port = parentPort;
if (port) serve(port, workerData as WorkerSettings);

function serve(port: MessagePort, { databasePath, busyTimeout }: WorkerSettings): void {
  let writer: Writer | undefined;

  async function run(packed: PackedCommands): Promise<FromWorker> {
    try {
      writer ??= createInlineWriter(openDatabase(findDriver(), databasePath, busyTimeout));
      const outcomes = await writer.run(unpackCommands(packed));
      return { kind: 'outcomes', json: JSON.stringify(outcomes.map(withPlainError)) };
    } catch (error) {
      return { kind: 'failed', error: toPlain(error) };
    }
  }

  port.on('message', async (message: ToWorker) => {
    if (message.kind === 'run') {
      port.postMessage(await run(message.packed));
    } else {
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
