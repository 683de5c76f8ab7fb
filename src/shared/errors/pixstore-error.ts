import type { PixstoreErrorCode } from './codes.js';

/**
 * Every error that pixstore itself raises. Branch on `code`, which stays the same between major versions; the message
 * is for people and may be reworded. Neither ever carries keys, proofs, image bytes or absolute paths.
 *
 * @example
 * try { await saveImage(upload); } catch (error) {
 *   if (error instanceof PixstoreError && error.code === 'IMAGE_TOO_LARGE') return reply.status(413);
 *   throw error;
 * }
 */
export class PixstoreError extends Error {
  override readonly name = 'PixstoreError';

  constructor(
    readonly code: PixstoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
