import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { encryptImage } from '../../../../src/backend/images/encryption.js';
import { createPartMaker } from '../../../../src/backend/images/new-parts.js';
import type { ImageProcessing } from '../../../../src/backend/images/processing-port.js';
import { chunk, smallPicture } from '../../../support/small-picture.js';
import { turnsDuring } from '../../../support/turns.js';

const limits = { imageFormats: ['png'] as const, maxPixels: 100, maxFrames: 1, stripMetadata: true } as const;

const makesNothing: ImageProcessing = {
  placeholders: false,
  definitions: () => new Map(),
  convert: () => null,
  process: async () => ({ variants: [] }),
};

/** As libvips writes them: its pixels are in chunks of 8 KiB. */
function largePicture(mebibytes: number): Buffer {
  const chunks = Array.from({ length: mebibytes * 128 }, () => chunk('IDAT', randomBytes(8 * 1024)));
  const small = smallPicture();
  const end = chunk('IEND', Buffer.alloc(0));
  return Buffer.concat([small.subarray(0, -end.length), ...chunks, end]);
}

test('a large picture is copied, checked and encrypted in turns, in each of which others are served', async () => {
  const mebibytes = 16;
  const picture = largePicture(mebibytes);
  const maker = createPartMaker({ ...limits, processing: makesNothing, randomBytes });
  const encryption = await turnsDuring(() => encryptImage('png', picture, randomBytes));
  const all = await turnsDuring(() => maker.partsOfFile(picture, ''));
  // Its copy takes a turn for each MiB, and its checksums one for each two.
  expect(all - encryption).toBeGreaterThanOrEqual(1.5 * mebibytes - 3);
});

test.each([
  ['without processing', { processing: null }],
  ['without processing, as it is', { processing: null, stripMetadata: false }],
  ['with processing', { processing: makesNothing }],
] as const)('memory that is transferred meanwhile is refused in words, whenever that is: %s', async (_, options) => {
  const maker = createPartMaker({ ...limits, ...options, randomBytes });
  const picture = largePicture(4);
  const whole = await turnsDuring(() => maker.partsOfFile(picture, ''));
  const codes = new Set<string | undefined>();
  for (let turn = 0; turn < whole; turn += 1) {
    const bytes = new Uint8Array(picture);
    const saving = maker.partsOfFile(bytes, '').then(
      () => 'kept',
      (error: { code?: string }) => error.code,
    );
    for (let count = 0; count < turn; count += 1) await new Promise(setImmediate);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    codes.add(await saving);
  }
  codes.delete('kept'); // it had been read by then
  expect([...codes]).toEqual(['IMAGE_INPUT_INVALID']);
});
