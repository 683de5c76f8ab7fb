import { tell } from '../../shared/callbacks.js';
import { rememberError } from '../../shared/errors/last-error.js';
import type { ImageRecord } from '../../types/index.js';
import { sendFile } from '../uploading/send-file.js';
import { recordIn } from '../uploading/upload-answer.js';
import { assertFile, readUploadOptions, type UploadImageOptions } from '../uploading/upload-options.js';

/**
 * Sends an image to the `createUploadHandler` of your application, and gives the record that it answers with. It needs no
 * frontend, so no error mode applies: what fails rejects. Pages that do not import it load nothing of it.
 *
 * It waits as long as the server does; `AbortSignal.timeout(ms)` as the `signal` sets an end. Nothing is sent a second
 * time: what was cut off may have been saved. The record can be shown at once by `getImage`.
 *
 * @param file - what an `<input type="file">`, a drop or `canvas.toBlob` gives
 * @throws PixstoreError with `code`, sentence and `status` of the server's refusal, such as `UPLOAD_FORBIDDEN`,
 * `IMAGE_TOO_LARGE`, `IMAGE_NOT_RECOGNIZED`, `IMAGE_TRUNCATED`; `UPLOAD_REFUSED` where it said none that pixstore has;
 * `UPLOAD_UNANSWERED`, `UPLOAD_ANSWER_INVALID`, `IMAGE_INPUT_INVALID`, `CONFIG_INVALID`; the reason of an aborted `signal`
 *
 * @example
 * const record = await uploadImage(input.files[0], {
 *   url: '/api/photos',
 *   onProgress: ({ loaded, total }) => (bar.value = loaded / total),
 * });
 */
export async function uploadImage(file: Blob, options: UploadImageOptions): Promise<ImageRecord> {
  try {
    assertFile(file);
    const { onProgress, ...request } = readUploadOptions(options);
    request.signal?.throwIfAborted();
    const total = file.size;
    let told = -1;

    // A file is sent anew where a server redirects, and how its end is told differs between browsers.
    const onSent = (bytes: number) => {
      const loaded = Math.min(bytes, total);
      if (loaded <= told) return;
      told = loaded;
      tell(() => onProgress?.({ loaded, total }));
    };

    const record = recordIn(await sendFile({ ...request, file, onSent }));
    onSent(total);
    return record;
  } catch (error) {
    rememberError(error);
    throw error;
  }
}
