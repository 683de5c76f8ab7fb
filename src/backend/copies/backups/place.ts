import { createHash } from 'node:crypto';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';

/** A head, a draft, keys or a claim, as the place has them. */
export interface PlacedText {
  /** Name of its blob. */
  blob: string;
  /** `<number>-<random>`: of the backup, or of the keys. */
  name: string;
  number: number;
}

export type TextKind = 'runs' | 'drafts' | 'keys' | 'claims';

const textName = /^(?:runs|drafts|keys|claims)\/((\d{10})-[0-9a-f]{8})(?:-\d{6})?-([0-9a-f]{32})$/;
const rowsName = /^rows\/([0-9a-f]{64})$/;
const checksumLength = 32;

/** @param number - 1, 2, 3 and so on */
export function newName(number: number, randomBytes: (length: number) => Uint8Array): string {
  return `${String(number).padStart(10, '0')}-${Buffer.from(randomBytes(4)).toString('hex')}`;
}

export const numberOf = (name: string): number => Number(name.slice(0, 10));

export const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/**
 * Where backups lie: a place for blobs, which has the backups of one store and nothing else.
 *
 * - `runs/<backup>-<checksum>`: the head of a backup, written last: with it the backup is whole
 * - `drafts/<backup>-<part>-<checksum>`: the same of one that is being made, as far as it has come
 * - `keys/<number>-<random>-<checksum>`: key ring and folder keys; only the latest counts, and stays
 * - `claims/<number>-<random>-<checksum>`: names of keys that are about to be read; they go when these are written
 * - `rows/<SHA-256>`: what is known of some hundred images, in the order of their ids; shared by all backups that have it
 * - `data/<backup>/<number>`: ciphertexts, one behind the other, or a large one alone; rows have their digests
 */
export type BackupPlace = ReturnType<typeof openPlace>;

export function openPlace(blobs: BlobStore) {
  /** Errors of others have no code. */
  async function run<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof PixstoreError ? cause : failed(what, cause);
    }
  }

  async function* names(prefix: string): AsyncGenerator<string> {
    try {
      yield* blobs.list(prefix);
    } catch (cause) {
      throw cause instanceof PixstoreError ? cause : failed('could not be listed', cause);
    }
  }

  async function readAll(name: string): Promise<Buffer | null> {
    const blob = await blobs.open(name);
    if (!blob) return null;
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of blob.chunks()) chunks.push(chunk);
      return Buffer.concat(chunks);
    } finally {
      await blob.close();
    }
  }

  /** @throws PixstoreError `BACKUP_DAMAGED` when it is missing, or another than was written */
  async function readChecked(name: string, checksum: string): Promise<Buffer> {
    const bytes = await run('could not be read', () => readAll(name));
    if (!bytes || !digestOf(bytes).toString('hex').startsWith(checksum)) throw damaged(name);
    return bytes;
  }

  /** Rows that are there, and were seen to be what was written. */
  const soundRows = new Set<string>();

  async function writeUnlessSound(name: string, bytes: Uint8Array): Promise<void> {
    const blob = `rows/${name}`;
    const there = await run('could not be read', () => readAll(blob));
    if (there && Buffer.compare(there, bytes) !== 0) await run('could not be mended', () => blobs.remove(blob));
    if (!there || Buffer.compare(there, bytes) !== 0) await write(blob, bytes);
    soundRows.add(name);
  }

  const write = (name: string, bytes: Uint8Array) => run('could not be written', () => blobs.write(name, bytes));

  return {
    names,

    /** Those of a kind, the latest last. */
    async list(kind: TextKind): Promise<PlacedText[]> {
      const found: PlacedText[] = [];
      for await (const blob of names(`${kind}/`)) {
        const [, name, number] = textName.exec(blob) ?? [];
        if (name !== undefined) found.push({ blob, name, number: Number(number) });
      }
      return found;
    },

    /** @returns what was written, parsed. @throws PixstoreError `BACKUP_DAMAGED` */
    async readText({ blob }: PlacedText): Promise<Record<string, unknown>> {
      const [, , , checksum = ''] = textName.exec(blob) ?? [];
      return parsed((await readChecked(blob, checksum)).toString(), blob);
    },

    /** @param name - of the backup or the keys, with the number of the part behind it of a draft */
    async writeText(kind: TextKind, name: string, value: unknown): Promise<string> {
      const bytes = Buffer.from(JSON.stringify(value));
      const blob = `${kind}/${name}-${digestOf(bytes).toString('hex', 0, checksumLength / 2)}`;
      await write(blob, bytes);
      return blob;
    },

    /** Lines of JSON. @returns the name to read them by. */
    async writeRows(lines: readonly string[]): Promise<string> {
      const bytes = Buffer.from(lines.join('\n'));
      const name = digestOf(bytes).toString('hex');
      if (!soundRows.has(name)) await writeUnlessSound(name, bytes);
      return name;
    },

    /** @throws PixstoreError `BACKUP_DAMAGED` */
    async readRows(name: string): Promise<Record<string, unknown>[]> {
      const blob = `rows/${name}`;
      const lines = (await readChecked(blob, name)).toString().split('\n');
      soundRows.add(name);
      return lines.map((line) => parsed(line, blob));
    },

    /** The name of rows, by their blob. */
    rowsOf: (blob: string): string | undefined => rowsName.exec(blob)?.[1],

    /** Writes ciphertexts, and reads them back. */
    async writePiece(piece: string, bytes: Uint8Array): Promise<void> {
      await write(`data/${piece}`, bytes);
      const back = await run('could not be read back', () => blobs.read(`data/${piece}`, bytes.length));
      if (!back || Buffer.compare(back, bytes) !== 0) throw failed('did not give back what was written to it');
    },

    /** @throws PixstoreError `BACKUP_DAMAGED` when it is missing, or has another length */
    async readPiece(piece: string, size: number): Promise<Uint8Array> {
      const bytes = await run('could not be read', () => blobs.read(`data/${piece}`, size));
      if (!bytes) throw damaged(`data/${piece}`);
      return bytes;
    },

    remove: (blob: string) => run('could not be tidied', () => blobs.remove(blob)),
  };
}

function parsed(text: string, blob: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Somebody else may have made both, and named it by its checksum.
  }
  throw damaged(blob);
}

function failed(what: string, cause?: unknown): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    `The place of the backup ${what}. What is stored is untouched, and so are the backups of before. The next call goes on.`,
    { cause },
  );
}

/** @param blob - its name in the place; no path of the machine */
export function damaged(blob: string): PixstoreError {
  return new PixstoreError(
    'BACKUP_DAMAGED',
    `The piece ${blob} of the backup is missing, or is not what was written. Once it is removed, the next backup makes it anew of what the store still has.`,
  );
}

/** What is damaged is made anew. */
export async function unlessDamaged<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof PixstoreError && error.code === 'BACKUP_DAMAGED') return null;
    throw error;
  }
}
