import type { Random } from './random.mjs';

export interface File {
  kind: 'file';
  bytes: Buffer;
  /** What a power cut cannot take away. */
  synced: Buffer | undefined;
  modified: number;
}

export interface Folder {
  kind: 'folder';
  entries: Map<string, File | Folder>;
  /** All that was ever done to the entries. */
  changes: Edit[][];
  /** How many of the changes a power cut cannot undo, and the entries after them. Of the others it leaves any. */
  syncedChanges: number;
  synced: Map<string, File | Folder>;
}

export type Edit = { name: string; node: File | Folder | undefined };

/** Takes down what a sync that begins now will keep. @returns what ends it */
export function beginFileSync(file: File): () => void {
  const { bytes } = file;
  return () => {
    file.synced = bytes;
  };
}

/** The same for a folder: for the names in it, not for the files. */
export function beginFolderSync(folder: Folder): () => void {
  const entries = new Map(folder.entries);
  const changes = folder.changes.length;
  return () => {
    if (changes > folder.syncedChanges) Object.assign(folder, { syncedChanges: changes, synced: entries });
  };
}

/** What is left of a file or folder after a power cut. */
export function survivorsOf<Node extends File | Folder>(node: Node, random: Random): Node;
export function survivorsOf(node: File | Folder, random: Random): File | Folder {
  if (node.kind === 'file') {
    const bytes = node.synced ?? tear(node.bytes, random);
    return { ...node, bytes, synced: bytes };
  }
  const entries = new Map(node.synced);
  for (const edits of node.changes.slice(node.syncedChanges))
    if (random.below(2)) for (const each of edits) apply(entries, each);
  const left = new Map([...entries].map(([name, entry]) => [name, survivorsOf(entry, random)]));
  return { ...newFolder(), entries: left, synced: new Map(left) };
}

/** Some of the bytes, some of those zeros: what file systems leave of data that they were still to write. */
function tear(bytes: Buffer, random: Random): Buffer {
  const left = Buffer.from(bytes.subarray(0, random.below(bytes.length + 1)));
  return random.below(2) ? left : left.fill(0, random.below(left.length + 1));
}

export function apply(entries: Folder['entries'], { name, node }: Edit): void {
  if (node) entries.set(name, node);
  else entries.delete(name);
}

export function newFolder(): Folder {
  return { kind: 'folder', entries: new Map(), changes: [], syncedChanges: 0, synced: new Map() };
}
