import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { BodyFailures } from './read-body.js';

function batchTooLarge(limit: number): PixstoreError {
  return new PixstoreError(
    'BATCH_TOO_LARGE',
    `The body of a batch request may have ${limit} bytes. Ask for fewer images at a time.`,
  );
}

/** Its sender hung up: no fault of ours. */
function batchCutOff(cause: unknown): PixstoreError {
  return new PixstoreError('BATCH_INVALID', 'The body of a batch request was cut off.', { cause });
}

function batchTooSlow(): PixstoreError {
  return new PixstoreError('BATCH_TOO_SLOW', 'The body of a batch request took too long. Send it in one go.');
}

export function batchCrowdedOut(): PixstoreError {
  return new PixstoreError('BATCH_CROWDED_OUT', 'Too many bodies of batch requests are being sent. Try again soon.');
}

export function batchAlreadyRead(): PixstoreError {
  return new PixstoreError(
    'BATCH_INVALID',
    'The body of a batch request was read by something else. Mount pixstore before what parses bodies.',
  );
}

/** What the body of a batch may fail by. */
export const batchFailures: BodyFailures = { tooLarge: batchTooLarge, tooSlow: batchTooSlow, cutOff: batchCutOff };
