import { expect, inject, test } from 'vitest';
import { runModule } from './run.js';

const { app } = inject('packed');

test('without sharp the processing can be imported, and says what to install when it is asked for', async () => {
  const output = await runModule(
    app,
    `
    import { PixstoreError, sharpProcessing } from 'pixstore/processing';
    try {
      sharpProcessing();
    } catch (error) {
      console.log(error instanceof PixstoreError, error.code, error.message);
    }
    `,
  );
  expect(output).toMatch(/^true PROCESSING_UNAVAILABLE .*"npm install sharp"/);
});
