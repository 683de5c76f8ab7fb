import { PixstoreError } from '../../shared/errors/pixstore-error.js';

const longest = 256;

// Text is hashed as UTF-8, where all halves of characters look the same: two users must not.
const brokenCharacter = /\p{Surrogate}/u;

/** @throws PixstoreError `AUDIENCE_INVALID` when it could not be told from another audience */
export function requireAudience(audience: unknown): string {
  if (
    typeof audience === 'string' &&
    audience !== '' &&
    audience.length <= longest &&
    !brokenCharacter.test(audience)
  ) {
    return audience;
  }
  throw new PixstoreError(
    'AUDIENCE_INVALID',
    `An audience is the id of a user or session, a well-formed string of 1 to ${longest} characters. Leave it out for none.`,
  );
}
