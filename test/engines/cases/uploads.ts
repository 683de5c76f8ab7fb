import { PixstoreError, type UploadImageOptions, type UploadProgress, uploadImage } from 'pixstore/frontend';
import { equal, has, ok } from '../page/expect.js';
import type { Case } from './case.js';

// Sent by the page that a case runs in: the frames may ask nothing but the endpoint.

export const uploads: Case[] = [
  {
    title: 'what is drawn on a canvas is sent, and the record that comes back shows it',
    async run({ openFrame }) {
      const drawn = await draw();
      const told: UploadProgress[] = [];
      const record = await uploadImage(drawn, { url: '/uploads', onProgress: (progress) => told.push(progress) });
      equal(told.at(-1), { loaded: drawn.size, total: drawn.size });
      const page = await openFrame();
      await page.start({});
      // Of what a browser writes into the file, not all is the picture.
      has(await page.get(record), { type: 'image/png', bytes: record.bytes });
    },
  },

  {
    title: 'an upload says how far it is, and ends when it is aborted',
    async run() {
      const abort = new AbortController();
      const told: UploadProgress[] = [];
      const reason = await failureOf(large(), {
        url: '/uploads/unread',
        signal: abort.signal,
        onProgress(progress) {
          told.push(progress);
          abort.abort('left');
        },
      });
      equal(reason, 'left');
      equal(told.length, 1);
      ok((told[0]?.loaded ?? 0) < large().size, 'it was sent whole');
    },
  },

  {
    title: 'an upload that is refused says why, and one that is cut off that it was',
    async run() {
      equal(await failureOf(new Blob(['no image']), { url: '/uploads' }), ['IMAGE_NOT_RECOGNIZED', 415]);
      equal(await failureOf(large(), { url: '/uploads' }), ['IMAGE_TOO_LARGE', 413]);
      equal(await failureOf(large(), { url: '/uploads/cut' }), ['UPLOAD_UNANSWERED', 502]);
    },
  },
];

/** More than the buffers of two sockets hold, and than the backend takes. */
const large = () => new Blob([new Uint8Array(64 * 1024 * 1024)]);

async function draw(): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d')?.fillRect(10, 10, 100, 100);
  const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  ok(drawn, 'nothing was drawn');
  return drawn;
}

function failureOf(file: Blob, options: UploadImageOptions): Promise<unknown> {
  return uploadImage(file, options).then(
    () => 'saved',
    (error) => (error instanceof PixstoreError ? [error.code, error.status] : error),
  );
}
