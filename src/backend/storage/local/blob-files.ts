import { randomBytes } from 'node:crypto';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';

/** The calls made to the disk; tests pass in ones that fail. */
export type FileSystem = Pick<typeof nodeFs, 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat'>;

/** A file found by `list`: a blob, or what a crash left of one. */
export interface FoundFile {
  name: string;
  /** ms since 1970. */
  modified: number;
}

/** Files that are written once, under random names, and never changed. */
export interface BlobFiles {
  /** Writes a new file. Once this resolves, file and name survive a power cut. @returns its name */
  write(bytes: Uint8Array): Promise<string>;
  /** @returns null when there is no such file */
  read(name: string): Promise<Uint8Array | null>;
  /** @returns its length in bytes, or null when there is no such file */
  size(name: string): Promise<number | null>;
  remove(name: string): Promise<void>;
  list(): AsyncIterable<FoundFile>;
}

const temporary = '.tmp';

/**
 * Keeps files in 256 folders under `root`. Names are random and the store's own: nothing of an image id ever becomes
 * part of a path.
 */
export function openBlobFiles(root: string, fs: FileSystem = nodeFs): BlobFiles {
  const knownShards = new Set<string>();

  async function syncDirectory(path: string): Promise<void> {
    if (process.platform === 'win32') return; // has no handles to directories
    const handle = await fs.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async function ensureShard(shard: string): Promise<void> {
    if (knownShards.has(shard)) return;
    await fs.mkdir(join(root, shard), { recursive: true });
    await syncDirectory(root);
    knownShards.add(shard);
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
      const unique = randomBytes(16).toString('hex');
      const shard = unique.slice(0, 2);
      const name = `${shard}/${unique}`;
      const path = join(root, name);
      await ensureShard(shard);
      try {
        await writeSynced(path + temporary, bytes);
        await fs.rename(path + temporary, path);
        await syncDirectory(join(root, shard));
      } catch (error) {
        await fs.rm(path + temporary, { force: true }).catch(() => {});
        await fs.rm(path, { force: true }).catch(() => {});
        throw error;
      }
      return name;
    },

    async read(name) {
      return await orNull(fs.readFile(join(root, name)));
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

async function orNull<Value>(work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
