import { bytesInStep, type CopiedRun, piecesInStep, type Steps, type Stripped } from './stripping.js';

/** A run of the source, or bytes written anew. Bytes may be set later, as long as it is not joined. */
type Piece = { from: number; to: number; isPicture: boolean } | { bytes: Uint8Array };

/** What a stripped file is made of, in order. Nothing is copied until it is joined. */
export interface Assembly {
  /** Of the source, what describes the picture. */
  keep(from: number, to: number): void;
  /** Of the source, what is the picture. */
  keepPicture(from: number, to: number): void;
  /** Bytes written anew; what is returned may still be given others. */
  add(bytes: Uint8Array): { bytes: Uint8Array };
  /** What another one of the same source is made of. */
  append(other: Assembly): void;
  readonly pieces: readonly Piece[];
  /** Where a piece that was added will stand; the length of all of it without one. */
  offsetOf(piece?: { bytes: Uint8Array }): number;
  /** The pieces one behind the other: the source itself when they are all of it. */
  join(): Steps<Stripped>;
}

export function createAssembly(source: Uint8Array): Assembly {
  const pieces: Piece[] = [];

  function keepRun(from: number, to: number, isPicture: boolean): void {
    const last = pieces.at(-1);
    if (from === to) return;
    if (last && 'to' in last && last.to === from && last.isPicture === isPicture) last.to = to;
    else pieces.push({ from, to, isPicture });
  }

  return {
    keep: (from, to) => keepRun(from, to, false),
    keepPicture: (from, to) => keepRun(from, to, true),

    add(bytes: Uint8Array): { bytes: Uint8Array } {
      const piece = { bytes };
      pieces.push(piece);
      return piece;
    },

    append(other: Assembly): void {
      pieces.push(...other.pieces);
    },

    pieces,

    offsetOf(piece?: { bytes: Uint8Array }): number {
      const before = piece ? pieces.indexOf(piece) : pieces.length;
      return pieces.slice(0, before).reduce((sum, other) => sum + lengthOf(other), 0);
    },

    *join(): Steps<Stripped> {
      if (areAllOf(source, pieces)) return { bytes: source, picture: [] };
      const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      const picture: CopiedRun[] = [];
      let at = 0;
      for (const [index, piece] of pieces.entries()) {
        if (index % piecesInStep === piecesInStep - 1) yield;
        if ('bytes' in piece) {
          bytes.set(piece.bytes, at);
        } else {
          if (piece.isPicture) picture.push({ from: piece.from, at, length: lengthOf(piece) });
          yield* copyRun(source, piece, bytes, at);
        }
        at += lengthOf(piece);
      }
      return { bytes, picture };
    },
  };
}

function lengthOf(piece: Piece): number {
  return 'bytes' in piece ? piece.bytes.length : piece.to - piece.from;
}

/** What is copied, or written, in one step. */
const stepLength = bytesInStep;

/** Runs that stand where they stood, and between them bytes written anew as they were. */
function areAllOf(source: Uint8Array, pieces: readonly Piece[]): boolean {
  let at = 0;
  for (const piece of pieces) {
    const isSame = 'bytes' in piece ? isAt(source, at, piece.bytes) : piece.from === at;
    if (!isSame) return false;
    at += lengthOf(piece);
  }
  return at === source.length;
}

function isAt(source: Uint8Array, at: number, bytes: Uint8Array): boolean {
  return Buffer.compare(source.subarray(at, at + bytes.length), bytes) === 0;
}

export function* copyRun(
  source: Uint8Array,
  run: { from: number; to: number },
  target: Uint8Array,
  at: number,
): Steps<void> {
  for (let from = run.from; from < run.to; from += stepLength) {
    if (from > run.from) yield;
    target.set(source.subarray(from, Math.min(from + stepLength, run.to)), at + from - run.from);
  }
}

export function* blankOut(bytes: Uint8Array, from: number, to: number): Steps<void> {
  for (let at = from; at < to; at += stepLength) {
    if (at > from) yield;
    bytes.fill(0, at, Math.min(at + stepLength, to));
  }
}

/** Of a large file, in steps. What its owner takes away meanwhile is zeros in the copy, and nothing of anybody else's. */
export function* copyInSteps(source: Uint8Array): Steps<Uint8Array> {
  const copy = new Uint8Array(source.length);
  yield* copyRun(source, { from: 0, to: source.length }, copy, 0);
  return copy;
}

/** A `slice` of a Buffer would be the same memory. */
export function copyOf(bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}
