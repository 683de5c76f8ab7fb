import { randomBytes } from 'node:crypto';
import nodeFs, { type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createBatcher } from './batcher.js';

/** The calls made to the disk; tests pass in ones that fail. */
export type FileSystem = Pick<typeof nodeFs, 'mkdir' | 'open' | 'readdir' | 'rename' | 'rm' | 'stat'>;

/** A file found by `list`: a blob, or what a crash left of one. */
export interface FoundFile {
  name: string;
  /** ms since 1970. */
  modified: number;
}

/** An open file. It can be read to its end also after its name was removed. */
export interface OpenBlob {
  /** Bytes. */
  readonly size: number;
  /** @returns bytes from a place on, at most so many; none at the end of the file */
  read(from: number, length: number): Promise<Uint8Array>;
  /** Waits for reads under way. */
  close(): Promise<void>;
}

/** Files that are written once, under random names, and never changed. */
export interface BlobFiles {
  /** Writes a new file. Once this resolves, file and name survive a power cut. @returns its name */
  write(bytes: Uint8Array): Promise<string>;
  /** @returns null when there is no such file, or it does not have so many bytes */
  read(name: string, size: number): Promise<Uint8Array | null>;
  /** @returns null when there is no such file */
  open(name: string): Promise<OpenBlob | null>;
  /** @returns its length in bytes, or null when there is no such file */
  size(name: string): Promise<number | null>;
  remove(name: string): Promise<void>;
  list(): AsyncIterable<FoundFile>;
}

const temporary = '.tmp';

// New files go to one folder until it has got so many, then to another: the sync of a folder is shared by all files
// that were put there at the same time.
const filesPerShard = 64;

/**
 * Keeps files in up to 256 folders under `root`. Names are random and the store's own: nothing of an image id ever
 * becomes part of a path.
 */
export function openBlobFiles(root: string, fs: FileSystem = nodeFs): BlobFiles {
  let current = openShard();

  async function syncDirectory(path: string): Promise<void> {
    if (process.platform === 'win32') return; // has no handles to directories
    const handle = await fs.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  function openShard() {
    const name = randomBytes(1).toString('hex');
    const path = join(root, name);
    let made: Promise<void> | undefined;
    return {
      name,
      places: filesPerShard,
      /** Makes the folder, durably. After a failure the next call tries again. */
      make() {
        made ??= fs
          .mkdir(path, { recursive: true, mode: 0o700 })
          .then(() => syncDirectory(root))
          .catch((error) => {
            made = undefined;
            throw error;
          });
        return made;
      },
      sync: createBatcher<string, void>(async () => {
        await syncDirectory(path);
        return [];
      }),
    };
  }

  async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
    const handle = await fs.open(path, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  return {
    async write(bytes) {
      if (current.places === 0) current = openShard();
      const shard = current;
      shard.places -= 1;
      const name = `${shard.name}/${randomBytes(16).toString('hex')}`;
      const path = join(root, name);
      await shard.make();
      try {
        await writeSynced(path + temporary, bytes);
        await fs.rename(path + temporary, path);
        await shard.sync(name);
      } catch (error) {
        await fs.rm(path + temporary, { force: true }).catch(() => {});
        await fs.rm(path, { force: true }).catch(() => {});
        throw error;
      }
      return name;
    },

    async read(name, size) {
      const handle = await orNull(fs.open(join(root, name), 'r'));
      if (!handle) return null;
      try {
        return await readWhole(handle, size);
      } finally {
        // What was read is right, and the system takes the file back, whatever it says of closing it.
        await handle.close().catch(() => {});
      }
    },

    async open(name) {
      const handle = await orNull(fs.open(join(root, name), 'r'));
      if (!handle) return null;
      try {
        const { size } = await handle.stat();
        return { size, read: (from, length) => readAt(handle, from, length), close: () => handle.close() };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },

    async size(name) {
      return (await orNull(fs.stat(join(root, name))))?.size ?? null;
    },

    async remove(name) {
      await fs.rm(join(root, name), { force: true });
    },

    async *list() {
      for (const shard of await fs.readdir(root)) {
        if (!/^[0-9a-f]{2}$/.test(shard)) continue;
        for (const file of await fs.readdir(join(root, shard))) {
          const name = `${shard}/${file}`;
          const found = await orNull(fs.stat(join(root, name)));
          if (found) yield { name, modified: found.mtimeMs };
        }
      }
    },
  };
}

/**
 * Every call goes to another thread and back, so the file is not asked for its length first: one byte more is read than
 * there should be.
 *
 * @returns null when the file has fewer bytes, or more
 */
async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array | null> {
  const bytes = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) return null;
    length += bytesRead;
  }
  return length === size ? bytes.subarray(0, size) : null;
}

async function readAt(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

async function orNull<Value>(work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
