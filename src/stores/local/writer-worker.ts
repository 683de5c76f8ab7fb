import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from './commands.js';
import { findDriver } from './driver.js';
import { createFence } from './fence.js';
import { createInlineWriter } from './inline-writer.js';
import { type PackedCommands, unpackCommands } from './packing.js';
import { openDatabase } from './schema.js';
import { takeSnapshot } from './snapshot.js';
import type { Writer } from './writer.js';
import { type FromWorker, loaded, type ToWorker, type WorkerSettings } from './writer-messages.js';

/** The far end of `writer-thread.ts`: one connection, one batch at a time. */

const port = parentPort;
if (port) serve(port, workerData as WorkerSettings);

function serve(port: MessagePort, { databasePath, busyTimeout, folder }: WorkerSettings): void {
  let writer: Writer | undefined;

  async function run(packed: PackedCommands): Promise<Outcome[]> {
    const commands = unpackCommands(packed);
    try {
      const fence = folder === undefined ? undefined : createFence(folder);
      writer ??= createInlineWriter(openDatabase(findDriver(), databasePath, busyTimeout), fence);
    } catch (error) {
      return commands.map(() => ({ kind: 'failed', error, uncertain: false }));
    }
    return writer.run(commands);
  }

  function snapshot(target: string): Outcome[] {
    try {
      takeSnapshot(findDriver(), databasePath, busyTimeout, target);
      return [{ kind: 'done', givenUp: [] }];
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
  port.postMessage(loaded);
}

function withPlainError(outcome: Outcome): Outcome {
  return outcome.kind === 'failed' ? { ...outcome, error: toPlain(outcome.error) } : outcome;
}

function toPlain(error: unknown) {
  const { name, message, code, errcode } = error as Record<string, unknown>;
  return { name, message, code, errcode };
}
