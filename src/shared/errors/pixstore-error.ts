import type { PixstoreErrorCode } from './codes.js';
import { statusOf } from './status.js';

/**
 * Every error that pixstore itself raises. Branch on `code`, which stays the same between major versions; the message
 * is for people and may be reworded. Neither ever carries keys, proofs, image bytes or absolute paths.
 *
 * @example
 * try { await saveImage(upload); } catch (error) {
 *   if (!(error instanceof PixstoreError) || error.status >= 500) throw error;
 *   return reply.status(error.status).send({ code: error.code, message: error.message });
 * }
 */
export class PixstoreError extends Error {
  override readonly name = 'PixstoreError';
  /**
   * The HTTP status that an application would answer with, from 400 to 507: below 500 when it is up to whoever sent the
   * request, who may then read the message as well. Express, Koa and Fastify answer with it by themselves.
   */
  readonly status: number;

  constructor(
    readonly code: PixstoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.status = statusOf(code);
  }
}
