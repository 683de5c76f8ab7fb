import { isToken } from '../../../shared/protocol/image-id.js';
import type { StoreProblem } from '../../../stores/port.js';
import { type BackupPlace, damaged, type PlacedText } from './place.js';
import { decodeSegment, encodeSegment, type Segment } from './segments.js';

/** What a backup is, beside its rows and pieces. */
export interface BackupHead {
  /** 32 hex digits: see `RingOwner`. */
  store: string;
  /** ms since 1970. */
  begun: number;
  /** Null while it is being made. */
  ended: number | null;
  images: number;
  /** Bytes of ciphertext. */
  bytes: number;
  lastRemovedToken: number;
  /** In the order of their ids. */
  segments: readonly Segment[];
  /** Lengths of pieces with many ciphertexts. */
  packs: ReadonlyMap<string, number>;
  /** Of these, those of which this backup needs less than half: what is in them is written anew by the next. */
  sparse: readonly string[];
  /** What could not be read in the store. */
  problems: readonly StoreProblem[];
}

const version = 1;

export const writeHead = (place: BackupPlace, kind: 'runs' | 'drafts', name: string, head: BackupHead) =>
  place.writeText(kind, name, {
    version,
    ...head,
    segments: head.segments.map(encodeSegment),
    packs: Object.fromEntries(head.packs),
  });

/** @throws PixstoreError `BACKUP_DAMAGED` */
export async function readHead(place: BackupPlace, placed: PlacedText): Promise<BackupHead> {
  const {
    version: written,
    store,
    begun,
    ended,
    images,
    bytes,
    lastRemovedToken,
    ...lists
  } = await place.readText(placed);
  const { packs, sparse, problems } = lists;
  const segments = Array.isArray(lists.segments) ? lists.segments.map(decodeSegment) : [null];
  if (
    written === version &&
    typeof store === 'string' &&
    isToken(begun) &&
    (ended === null || isToken(ended)) &&
    isToken(images) &&
    isToken(bytes) &&
    isToken(lastRemovedToken) &&
    segments.every((segment) => segment !== null) &&
    Array.isArray(sparse) &&
    typeof packs === 'object' &&
    packs !== null &&
    Object.values(packs).every(isToken) &&
    Array.isArray(problems)
  ) {
    const lengths = new Map(Object.entries(packs as Record<string, number>));
    return { store, begun, ended, images, bytes, lastRemovedToken, segments, packs: lengths, sparse, problems };
  }
  throw damaged(placed.blob);
}
