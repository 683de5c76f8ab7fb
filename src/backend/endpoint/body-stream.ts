import type { OpenedPart } from '../storage/port.js';

/** A payload whose ciphertext is read as it is sent. */
export async function* payloadStream(pieces: readonly Uint8Array[], rest: OpenedPart): AsyncGenerator<Uint8Array> {
  yield* pieces;
  yield* rest.chunks();
}

/** What fails when an answer has begun can only end it; somebody should know. */
export async function* reporting(
  body: AsyncGenerator<Uint8Array>,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    onError(error);
    throw error;
  }
}
