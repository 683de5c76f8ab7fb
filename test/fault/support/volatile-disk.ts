import { setImmediate } from 'node:timers/promises';
import type { FileSystem } from '../../../src/stores/folder/blob-file.js';
import type { Random } from './random.mjs';
import {
  apply,
  beginFileSync,
  beginFolderSync,
  type Edit,
  type File,
  type Folder,
  newFolder,
  survivorsOf,
} from './volatile-nodes.js';

/** A disk in memory that forgets, at a power cut, what was not synced. */
export interface VolatileDisk {
  fileSystem: FileSystem;
  /** The disk that is found when the power is back; this one is not to be used any more. */
  cutPower(): VolatileDisk;
}

export interface VolatileDiskOptions {
  root: string;
  random: Random;
  /** Syncs of these do nothing, as on a disk that lies. */
  ignoreSyncOf?: File['kind'] | Folder['kind'] | undefined;
}

export function createVolatileDisk(options: VolatileDiskOptions, content = newFolder()): VolatileDisk {
  const { root, random, ignoreSyncOf } = options;

  function split(path: string): { folder: Folder; name: string } {
    const names = path.slice(root.length + 1).split('/');
    const name = names.pop() as string;
    let folder = content;
    for (const each of names) {
      const next = folder.entries.get(each);
      if (next?.kind !== 'folder') throw failure('ENOENT');
      folder = next;
    }
    return { folder, name };
  }

  function find(path: string): File | Folder {
    if (path === root) return content;
    const { folder, name } = split(path);
    const node = folder.entries.get(name);
    if (!node) throw failure('ENOENT');
    return node;
  }

  function edit(folder: Folder, edits: Edit[]): void {
    for (const each of edits) apply(folder.entries, each);
    folder.changes.push(edits);
  }

  function findOf<Kind extends 'file' | 'folder'>(kind: Kind, path: string): Extract<File | Folder, { kind: Kind }> {
    const node = find(path);
    if (node.kind !== kind) throw failure(kind === 'file' ? 'EISDIR' : 'ENOTDIR');
    return node as Extract<File | Folder, { kind: Kind }>;
  }

  /** Calls that are under way at once end in any order. */
  const soon = async () => {
    for (let turns = random.below(3); turns >= 0; turns -= 1) await setImmediate();
  };

  const fileSystem = {
    async mkdir(path: string) {
      await soon();
      const { folder, name } = split(path);
      if (!folder.entries.has(name)) edit(folder, [{ name, node: newFolder() }]);
    },

    async open(path: string, flags: string | number) {
      await soon();
      if (flags === 'r' || typeof flags === 'number') return handleOf(find(path)); // numbers are for reading
      const { folder, name } = split(path);
      if (flags !== 'wx' || folder.entries.has(name)) throw failure('EEXIST');
      const file: File = { kind: 'file', bytes: Buffer.alloc(0), synced: undefined, modified: Date.now() };
      edit(folder, [{ name, node: file }]);
      return handleOf(file);
    },

    async opendir(path: string) {
      await soon();
      return [...findOf('folder', path).entries.keys()].map((name) => ({ name }));
    },

    async rename(from: string, to: string) {
      await soon();
      const { folder, name } = split(from);
      const target = split(to);
      if (target.folder !== folder) throw failure('EXDEV');
      edit(folder, [
        { name, node: undefined },
        { name: target.name, node: find(from) },
      ]);
    },

    async rm(path: string) {
      await soon();
      const { folder, name } = split(path);
      if (folder.entries.has(name)) edit(folder, [{ name, node: undefined }]);
    },

    async stat(path: string) {
      await soon();
      const { bytes, modified } = findOf('file', path);
      return { size: bytes.length, mtimeMs: modified };
    },
  };

  function handleOf(node: File | Folder) {
    // What comes after a sync has begun need not be part of it.
    const sync = async () => {
      const end = node.kind === 'file' ? beginFileSync(node) : beginFolderSync(node);
      await soon();
      if (node.kind !== ignoreSyncOf) end();
    };
    return {
      async read(buffer: Buffer, offset: number, length: number, position: number) {
        await soon();
        if (node.kind !== 'file') throw failure('EISDIR');
        return { buffer, bytesRead: node.bytes.copy(buffer, offset, position, position + length) };
      },
      async writeFile(bytes: Uint8Array) {
        await soon();
        if (node.kind === 'file') node.bytes = Buffer.from(bytes);
      },
      sync,
      datasync: sync,
      close: soon,
    };
  }

  return {
    fileSystem: fileSystem as unknown as FileSystem,
    cutPower: () => createVolatileDisk(options, survivorsOf(content, random)),
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
