import type { PixstoreErrorCode } from './codes.js';
import { statusOf } from './status.js';

// The same in every copy of this module. Bundlers and hot reload make several, each with a class of its own.
const brand = Symbol.for('pixstore.error');

/**
 * Every error that pixstore itself raises. Branch on `code`, which stays the same between major versions; the message
 * is for people and may be reworded. Neither ever carries keys, proofs, image bytes or absolute paths. `instanceof` also
 * knows those of another copy of this module.
 *
 * @example
 * try { await saveImage(upload); } catch (error) {
 *   if (!(error instanceof PixstoreError) || error.status >= 500) throw error;
 *   return reply.status(error.status).send({ code: error.code, message: error.message });
 * }
 */
export class PixstoreError extends Error {
  override readonly name = 'PixstoreError';
  // Only declared: a field would be set twice, in every page.
  declare readonly code: PixstoreErrorCode;
  /**
   * The HTTP status that an application would answer with, from 400 to 507: below 500 when it is up to whoever sent the
   * request, who may then read the message as well. Express, Koa and Fastify answer with it by themselves.
   */
  declare readonly status: number;

  constructor(code: PixstoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = statusOf(code);
  }

  /** On the prototype, so that whoever prints an error does not see it. */
  get [brand](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore-start lint/complexity/noThisInStatic: it may be a class of an application's own that extends this one
    return this === PixstoreError
      ? Boolean((value as { [brand]?: true } | null | undefined)?.[brand])
      : super[Symbol.hasInstance](value);
    // biome-ignore-end lint/complexity/noThisInStatic: above
  }
}
