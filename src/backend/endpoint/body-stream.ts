import { maxChunkBytes, type OpenedPart } from '../../stores/port.js';

/** A payload whose ciphertext is read as it is sent. */
export async function* payloadStream(pieces: readonly Uint8Array[], rest: OpenedPart): AsyncGenerator<Uint8Array> {
  yield* pieces;
  yield* rest.chunks();
}

/** What is in memory in pieces so small that it shows how far a slow client has come. */
export async function* inSmallPieces(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += maxChunkBytes) yield piece.subarray(at, at + maxChunkBytes);
  }
}
