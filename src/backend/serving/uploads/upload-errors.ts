import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { BodyFailures } from '../read-body.js';

export function uploadForbidden(): PixstoreError {
  return new PixstoreError('UPLOAD_FORBIDDEN', 'You may not save an image here. Log in as somebody who may.');
}

export function uploadMethodRefused(): PixstoreError {
  return new PixstoreError('UPLOAD_METHOD_REFUSED', 'Images are sent here by POST.');
}

export function uploadTypeRefused(problem: string): PixstoreError {
  return new PixstoreError(
    'UPLOAD_TYPE_REFUSED',
    `An upload is the image itself, as image/... or application/octet-stream, or a form, as multipart/form-data; ${problem}.`,
  );
}

export function uploadInvalid(problem: string, cause?: unknown): PixstoreError {
  return new PixstoreError('UPLOAD_INVALID', `The upload cannot be read: ${problem}.`, { cause });
}

export function uploadAlreadyRead(): PixstoreError {
  return uploadInvalid('something else has read its body. Mount the upload handler before what parses such bodies');
}

export function uploadTooLarge(limit: number): PixstoreError {
  return new PixstoreError(
    'IMAGE_TOO_LARGE',
    `The upload is larger than an image may be here, which is ${limit} bytes. Send a smaller one.`,
  );
}

export function uploadTooSlow(): PixstoreError {
  return new PixstoreError('UPLOAD_TOO_SLOW', 'The upload took too long. Try again over a better connection.');
}

export function uploadCrowdedOut(): PixstoreError {
  return new PixstoreError('UPLOAD_CROWDED_OUT', 'Too many images are being sent. Try again soon.');
}

/** @param limit - bytes that an image may have, of which a client is told */
export function uploadFailures(limit: number): BodyFailures {
  return {
    tooLarge: () => uploadTooLarge(limit),
    tooSlow: uploadTooSlow,
    cutOff: (cause) => uploadInvalid('it was cut off', cause),
  };
}
