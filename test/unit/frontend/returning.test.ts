import { expect, onTestFinished, test } from 'vitest';
import { createPixstoreFrontend } from '../../../src/frontend/create-frontend.js';
import { useIdle, usePageEvents } from './cache/disk.js';
import { sealImage } from './sealed-image.js';

test('what waited when the page went to sleep is not written after it woke up: it slept through all logouts', async () => {
  const dispatch = usePageEvents();
  const idle = useIdle();
  const { record, success } = await sealImage();
  const frontend = createPixstoreFrontend(
    { errorHandlingMode: 'throw', frontendMemoryCacheBytes: 0 },
    async () => success,
  );
  onTestFinished(() => frontend.close());
  await frontend.getImage(record);
  expect(await frontend.cachedImageExists(record.id)).toBe(true);
  dispatch('pageshow');
  idle(() => undefined);
  expect(await frontend.cachedImageExists(record.id)).toBe(false);
  expect(await frontend.cacheStats()).toMatchObject({ disk: { entries: 0 } });
});
