import 'fake-indexeddb/auto';
import { expect, onTestFinished, test } from 'vitest';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import { eventually, idsOf } from '../cache/disk.js';
import { sealImage } from '../sealed-image.js';

test('what the endpoint no longer has goes from the disk, too', async () => {
  const { record, success } = await sealImage();
  const frontendDbName = 'load-image-not-found';
  let answer: Uint8Array = success;
  const frontend = createPixstoreFrontend({ frontendDbName, errorHandlingMode: 'throw' }, async () => answer);
  onTestFinished(() => frontend.close());
  await frontend.getImage(record);
  await eventually(() => idsOf(frontendDbName)).toBe(record.id);
  answer = Uint8Array.of(2);
  await expect(frontend.getImage({ ...record, token: 2000 })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  await eventually(() => idsOf(frontendDbName)).toBe('');
});
