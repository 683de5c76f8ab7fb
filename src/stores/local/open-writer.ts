import type { Logger } from '../../shared/errors/gate.js';
import type { OpenDatabase } from './driver.js';
import { createFence } from './fence.js';
import { createInlineWriter } from './inline-writer.js';
import { openDatabase } from './schema.js';
import type { Writer } from './writer.js';
import type { WorkerSettings } from './writer-messages.js';
import { startWriterThread } from './writer-thread.js';

export interface WriterOptions {
  settings: WorkerSettings;
  kind: Writer['kind'];
  driver: OpenDatabase;
  logger: Logger;
}

/** A thread that writes, or one that writes on this thread, where that is asked for or no other can be had. */
export function openWriter({ settings, kind, driver, logger }: WriterOptions): Writer {
  const { databasePath, busyTimeout, folder } = settings;

  function openInlineWriter(): Writer {
    const fence = folder === undefined ? undefined : createFence(folder);
    return createInlineWriter(openDatabase(driver, databasePath, busyTimeout), fence);
  }

  function openWriterInstead(): Writer {
    const writer = openInlineWriter();
    logger.warn(
      '[pixstore] The program of the thread that writes (writer-worker.js) cannot be loaded from where this code was bundled: images are written on the main thread. Leave pixstore out of the bundle to write on a thread of its own',
    );
    return writer;
  }

  return kind === 'inline' ? openInlineWriter() : startWriterThread(settings, openWriterInstead);
}
