import { isToken } from '../../../shared/protocol/image-id.js';
import type { BackupPlace } from './place.js';
import { createPrint, type Print } from './print.js';
import { type BackupRow, encodeRow } from './rows.js';

/** Some hundred images that follow one another, whose rows lie in one blob. */
export interface Segment {
  /** Of its blob: the SHA-256 of what is in it. */
  name: string;
  /** It has all images whose ids come after this one, up to `last`. */
  after: string;
  last: string;
  images: number;
  /** Of ciphertext. */
  bytes: number;
  /** Of its sealed keys: see {@link createPrint}. */
  print: string;
  /** Bytes that it needs of pieces. */
  uses: ReadonlyMap<string, number>;
}

// About so many images are in a segment, and at most so many.
const meanLength = 512;
const greatestLength = 4 * meanLength;

interface Draft {
  after: string;
  lines: string[];
  bytes: number;
  print: Print;
  uses: Map<string, number>;
}

/**
 * Writes rows in segments. Where one ends depends on ids alone, so that an image that comes or goes changes one of them, and
 * all others are what they were in the backup before.
 */
export function createSegmentWriter(place: BackupPlace) {
  const segments: Segment[] = [];
  let draft = begin('');

  function begin(after: string): Draft {
    return { after, lines: [], bytes: 0, print: createPrint(), uses: new Map() };
  }

  async function end(last: string): Promise<void> {
    const { after, lines, bytes, print, uses } = draft;
    draft = begin(last);
    if (lines.length === 0) return;
    const name = await place.writeRows(lines);
    segments.push({ name, after, last, images: lines.length, bytes, print: print.text(), uses });
  }

  return {
    async add(row: BackupRow): Promise<void> {
      draft.lines.push(encodeRow(row));
      for (const { sealedKey, size, piece } of row.parts) {
        draft.bytes += size;
        draft.print.add(sealedKey);
        draft.uses.set(piece, (draft.uses.get(piece) ?? 0) + size);
      }
      if (endsWith(row.id, draft.lines.length)) await end(row.id);
    },

    /** All images up to an id were added. */
    end,

    /** What follows is as it was in a backup of before. */
    reuse(segment: Segment): void {
      segments.push(segment);
      draft = begin(segment.last);
    },

    /** All that were ended, in order. */
    segments: (): readonly Segment[] => segments,
  };
}

const endsWith = (id: string, images: number): boolean => images >= greatestLength || hashOf(id) % meanLength === 0;

/** Does it end where any backup ends one? */
export const isFull = ({ last, images }: Segment): boolean => endsWith(last, images);

/** FNV-1a. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Pieces by the backup that wrote them, so that its name is there once. */
type EncodedUses = Record<string, Record<string, number>>;

export function encodeSegment({ uses, ...segment }: Segment): unknown {
  const encoded: EncodedUses = {};
  for (const [piece, bytes] of uses) {
    const [backup = '', number = ''] = piece.split('/');
    encoded[backup] ??= {};
    encoded[backup][number] = bytes;
  }
  return { ...segment, uses: encoded };
}

/** @returns null when it is none */
export function decodeSegment(value: unknown): Segment | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, after, last, images, bytes, print, uses } = value as Record<string, unknown>;
  const isSegment =
    typeof name === 'string' &&
    /^[0-9a-f]{64}$/.test(name) &&
    typeof after === 'string' &&
    typeof last === 'string' &&
    isToken(images) &&
    isToken(bytes) &&
    typeof print === 'string' &&
    typeof uses === 'object' &&
    uses !== null;
  if (!isSegment) return null;
  const pieces = Object.entries(uses as EncodedUses).flatMap(([backup, numbers]) =>
    Object.entries(numbers).map(([number, size]) => [`${backup}/${number}`, size] as const),
  );
  return { name, after, last, images, bytes, print, uses: new Map(pieces) };
}
