import { kindOf, readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** For whom a proof is good: the id of a user or session, or null for everybody. */
export type Audience = string | null;

/** For whom a record is, or from whom a request comes. */
export interface AudienceOptions {
  /**
   * The id of a user or a session, 1 to 256 characters; null, as leaving it out, says everybody. Undefined is refused:
   * it is what a user who is not logged in looks like.
   */
  audience?: string | null;
}

const longest = 256;

// Text is hashed as UTF-8, where all halves of characters look the same: two users must not.
const brokenCharacter = /\p{Surrogate}/u;

/**
 * @param caller - who was given these options, for the message
 * @throws PixstoreError `AUDIENCE_INVALID`; or `CONFIG_INVALID`, when they are no object or have other keys
 */
export function readAudience(options: unknown, caller: string): Audience {
  return options === undefined ? null : audienceIn(readCallOptions(options, ['audience'], caller));
}

/** @throws PixstoreError `AUDIENCE_INVALID` when it is there and neither an audience nor null */
export function audienceIn(options: { audience?: unknown }): Audience {
  if (!('audience' in options) || options.audience === null) return null;
  return requireAudience(options.audience);
}

/** @throws PixstoreError `AUDIENCE_INVALID` when it could not be told from another audience, or is none */
export function requireAudience(audience: unknown): string {
  if (
    typeof audience === 'string' &&
    audience !== '' &&
    audience.length <= longest &&
    !brokenCharacter.test(audience)
  ) {
    return audience;
  }
  const given = typeof audience === 'string' ? 'another string' : kindOf(audience);
  throw new PixstoreError(
    'AUDIENCE_INVALID',
    `An audience is the id of a user or session, a well-formed string of 1 to ${longest} characters; ${given} was given. If everybody is meant, say null.`,
  );
}
