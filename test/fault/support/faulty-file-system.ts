import nodeFs, { type FileHandle } from 'node:fs/promises';
import type { FileSystem } from '../../../src/stores/folder/blob-file.js';
import type { Faults } from './faults.js';
import { intercept } from './intercept.js';

/** A file system (the real one by default) whose every call (also those on open files) `faults` may make fail. */
export function faultyFileSystem(faults: Faults, fileSystem: FileSystem = nodeFs): FileSystem {
  const through = async <Result>(work: () => Promise<Result>) => faults.through('files', work);

  function wrap(handle: FileHandle): FileHandle {
    return intercept(handle, async (name, work) => {
      if (name !== 'close') return through(work as () => Promise<unknown>);
      // The system takes the file back even when it reports that closing failed.
      await work();
      return through(async () => {});
    });
  }

  return intercept(fileSystem, async (name, work) => {
    if (name !== 'open') return through(work as () => Promise<unknown>);
    let opened: FileHandle | undefined;
    try {
      return await through(async () => {
        opened = await (work() as Promise<FileHandle>);
        return wrap(opened);
      });
    } catch (error) {
      await opened?.close();
      throw error;
    }
  });
}
