import { expect, onTestFinished, test, vi } from 'vitest';
import { createRenderer, ref } from 'vue';
import type { ObservingFrontend } from '../../../src/frontend/showing/image-view.js';
import { pixstoreVue, usePixstoreImage } from '../../../src/vue/index.js';
import { sealImage } from '../frontend/sealed-image.js';

test('a picture that no frontend was there for is asked for anew when what is asked for changes', async () => {
  vi.stubGlobal('document', {}); // as on a page: on a server nothing is asked for
  onTestFinished(() => void vi.unstubAllGlobals());
  const { record } = await sealImage();
  const subscribe = vi.fn(() => () => {});
  const observe = vi.fn((): never => {
    throw new Error('There is no frontend yet.');
  });
  const frontend = { observe } as unknown as ObservingFrontend;
  const context = ref('before');
  const errors: unknown[] = [];

  const app = createRenderer({ createComment: () => ({}), insert() {} } as never).createApp({
    setup() {
      usePixstoreImage(record, () => ({ context: context.value }));
      return () => null;
    },
  });
  app.config.errorHandler = (error) => errors.push(String(error));
  app.use(pixstoreVue, { frontend });
  app.mount({});
  expect(errors).toEqual(['Error: There is no frontend yet.']);

  observe.mockReturnValue({ subscribe, getSnapshot: () => ({ status: 'loading' }) } as never);
  context.value = 'after';
  await vi.waitFor(() => expect(subscribe).toHaveBeenCalledTimes(1));
});
