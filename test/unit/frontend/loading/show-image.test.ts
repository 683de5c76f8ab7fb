import { expect, onTestFinished, test } from 'vitest';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import { sealImage } from '../sealed-image.js';

test('a call that is aborted while its picture waits for its turn rejects with the reason of the abort', async () => {
  const { record, success } = await sealImage();
  const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw' }, async () => success);
  onTestFinished(() => frontend.close());
  await frontend.prefetchImages([record]); // now only the Blob is missing
  const abort = new AbortController();
  const reason = new Error('Gone.');
  const shown = frontend.getImage(record, undefined, { signal: abort.signal });
  abort.abort(reason);
  await expect(shown).rejects.toBe(reason);
});
