import { createByteLru } from '../../../shared/byte-lru.js';
import type { BackupPlace } from './place.js';
import type { BackupPart, Placement } from './rows.js';

// Small ciphertexts lie together, one behind the other, up to so many bytes; larger ones than this alone.
const packLength = 8 * 1024 * 1024;
const aloneFrom = 4 * 1024 * 1024;

// Pieces that are on their way at once.
const mostWrites = 2;

/** A piece with many ciphertexts. */
interface Pack {
  piece: string;
  parts: Uint8Array[];
  size: number;
}

/** Writes ciphertexts of a backup, many in one piece. */
export function createPieceWriter(place: BackupPlace, backup: string) {
  const writes = new Set<Promise<void>>();
  const packs = new Map<string, number>();
  let count = 0;
  let written = 0;
  let pack: Pack | undefined;
  let failure: { error: unknown } | undefined;

  function nextPiece(): string {
    count += 1;
    return `${backup}/${count}`;
  }

  function write(piece: string, bytes: Uint8Array): void {
    const writing = place
      .writePiece(piece, bytes)
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => writes.delete(writing));
    writes.add(writing);
    written += bytes.length;
  }

  function endPack(): void {
    if (!pack) return;
    packs.set(pack.piece, pack.size);
    write(pack.piece, Buffer.concat(pack.parts));
    pack = undefined;
  }

  function requireWritten(): void {
    if (failure) throw failure.error;
  }

  return {
    /** It is written some time; to be waited for by {@link flush}. */
    async add(ciphertext: Uint8Array): Promise<Placement> {
      while (writes.size >= mostWrites) await Promise.race(writes);
      requireWritten();
      if (ciphertext.length > aloneFrom) {
        const piece = nextPiece();
        write(piece, ciphertext);
        return { piece, at: 0 };
      }
      if (pack && pack.size + ciphertext.length > packLength) endPack();
      pack ??= { piece: nextPiece(), parts: [], size: 0 };
      const placement = { piece: pack.piece, at: pack.size };
      pack.parts.push(ciphertext);
      pack.size += ciphertext.length;
      return placement;
    },

    /** All that was added is written, and was read back. @throws what kept it from being written */
    async flush(): Promise<void> {
      endPack();
      await Promise.all(writes);
      requireWritten();
    },

    /** Lengths of pieces with many ciphertexts. */
    packs: (): ReadonlyMap<string, number> => packs,

    /** Bytes. */
    written: (): number => written,
  };
}

// Packs that are kept for the next parts of theirs.
const keptBytes = 64 * 1024 * 1024;

/** Reads ciphertexts of a backup. @param packs - lengths of pieces with many of them */
export function createPieceReader(place: BackupPlace, packs: ReadonlyMap<string, number>) {
  const kept = createByteLru<Promise<Uint8Array>>(keptBytes, () => packLength);

  function readPack(piece: string, size: number): Promise<Uint8Array> {
    const known = kept.get(piece);
    if (known) return known;
    const reading = place.readPiece(piece, size);
    kept.put(piece, reading);
    reading.catch(() => kept.remove(piece));
    return reading;
  }

  /** @throws PixstoreError `BACKUP_DAMAGED` */
  return async function read({ piece, at, size }: Pick<BackupPart, 'piece' | 'at' | 'size'>): Promise<Uint8Array> {
    const packSize = packs.get(piece);
    if (packSize === undefined) return place.readPiece(piece, size);
    return (await readPack(piece, packSize)).subarray(at, at + size);
  };
}

/** A set of pieces, with a bit for each: there may be millions. */
export function createPieceSet() {
  const bits = new Map<string, Uint8Array>();

  function split(piece: string): [string, number] {
    const slash = piece.indexOf('/');
    return [piece.slice(0, slash), Number(piece.slice(slash + 1))];
  }

  return {
    add(piece: string): void {
      const [backup, number] = split(piece);
      let known = bits.get(backup) ?? new Uint8Array(64);
      if (number >> 3 >= known.length) {
        const longer = new Uint8Array(Math.max(2 * known.length, (number >> 3) + 1));
        longer.set(known);
        known = longer;
      }
      known[number >> 3] = (known[number >> 3] as number) | (1 << (number & 7));
      bits.set(backup, known);
    },

    has(piece: string): boolean {
      const [backup, number] = split(piece);
      return (((bits.get(backup)?.[number >> 3] ?? 0) >> (number & 7)) & 1) === 1;
    },
  };
}

export type PieceSet = ReturnType<typeof createPieceSet>;

const dataName = /^data\/(\d{10}-[0-9a-f]{8}\/\d{1,8})$/;

/** The piece that a blob is; undefined when it is none. */
export const pieceOf = (blob: string): string | undefined => dataName.exec(blob)?.[1];

/** All pieces of a place. */
export async function piecesIn(place: BackupPlace): Promise<PieceSet> {
  const pieces = createPieceSet();
  for await (const blob of place.names('data/')) {
    const piece = pieceOf(blob);
    if (piece !== undefined) pieces.add(piece);
  }
  return pieces;
}
