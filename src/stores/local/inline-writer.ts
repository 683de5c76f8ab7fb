import type { SqlDatabase } from './driver.js';
import type { Fence } from './fence.js';
import { prepareOn } from './schema.js';
import { createWalEraser } from './wal-eraser.js';
import type { Writer } from './writer.js';
import { prepareWrites } from './writes.js';

/**
 * Writes on the calling thread, which stands still while a commit is synced.
 *
 * @param fence - left out where there is no folder of blobs
 */
export function createInlineWriter(database: SqlDatabase, fence: Fence | undefined): Writer {
  const runBatch = prepareOn(database, (opened) => prepareWrites(opened, fence));
  const eraser = prepareOn(database, createWalEraser);
  return {
    kind: 'inline',
    async run(commands) {
      const outcomes = runBatch(commands);
      eraser.note(commands);
      return outcomes;
    },
    async close() {
      eraser.stop();
      database.close();
    },
  };
}
