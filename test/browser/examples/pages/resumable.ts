// The page of the example of resumable uploads: what it sends with is that of docs/uploads.md.
import type { ImageRecord } from 'pixstore/frontend';
// @ts-expect-error the test bundles that block of the document
import { sendResumably } from './send-resumably.js';

declare global {
  var resumable: typeof page;
}

const page = {
  /** Sends the file at a path, and waits for its record or until so many bytes are on their way. */
  async send(path: string, enough: number): Promise<ImageRecord | 'enough'> {
    const content = await (await fetch(path)).arrayBuffer();
    const file = new File([content], 'holiday.png', { type: 'image/png', lastModified: 0 });
    return new Promise((resolve, reject) => {
      const onProgress = (sent: number) => sent >= enough && resolve('enough');
      sendResumably(file, `${location.origin}/api/uploads`, onProgress).then(resolve, reject);
    });
  },
};

globalThis.resumable = page;
