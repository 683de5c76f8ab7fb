import { PixstoreError } from '../shared/errors/pixstore-error.js';

/** What sharp threw while it decoded or encoded a picture, which it says in words only. */
export function decodingFailed(cause: unknown): PixstoreError {
  if (cause instanceof PixstoreError) return cause;
  const said = cause instanceof Error ? cause.message : '';
  if (/exceeds pixel limit|too large for the \w+ format/.test(said)) {
    return new PixstoreError(
      'IMAGE_TOO_LARGE_TO_DECODE',
      'The picture has more pixels than maxDecodePixels, or a side that is too long for the format it is made into. Send a smaller one.',
      { cause },
    );
  }
  if (/^timeout/m.test(said)) return tooSlow(cause);
  return broken('it does not decode', cause);
}

/** @param problem - as part of a sentence */
export function broken(problem: string, cause?: unknown): PixstoreError {
  return new PixstoreError(
    'IMAGE_BROKEN',
    `The picture cannot be used: ${problem}. Check that the upload was complete; if it was, save the image anew with another program.`,
    cause === undefined ? undefined : { cause },
  );
}

export function tooSlow(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'PROCESSING_TIMEOUT',
    'The picture was not processed within the timeout of sharpProcessing. Try again when less is going on, send a smaller picture, or raise the limit.',
    cause === undefined ? undefined : { cause },
  );
}

export function tooManyPixels({ width, height }: { width: number; height: number }, most: number): PixstoreError {
  return new PixstoreError(
    'IMAGE_TOO_LARGE_TO_DECODE',
    `The picture has ${width} x ${height} pixels; maxDecodePixels allows ${most} in all. Send a smaller one, or raise the limit.`,
  );
}

export function tooMuchMemory(): PixstoreError {
  return new PixstoreError(
    'IMAGE_TOO_LARGE_TO_DECODE',
    'The picture is of a kind that takes too much memory to decode at its size. Send a smaller one, save it without interlacing or with 8 bits for each colour, or raise maxDecodePixels.',
  );
}

export function threadMissing(cause: unknown): PixstoreError {
  return new PixstoreError(
    'PROCESSING_UNAVAILABLE',
    'The thread that decodes HEIC and BMP does not load: its file, or libheif-js, was left behind by a bundler. Keep pixstore and libheif-js out of bundles.',
    { cause },
  );
}
