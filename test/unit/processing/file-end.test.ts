import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { requireNothingBehind } from '../../../src/processing/file-end.js';
import { failure } from '../../support/errors.js';

const photo = sharp({ create: { width: 24, height: 16, channels: 3, background: 'orange' } });
const frames = await Promise.all(
  ['red', 'blue'].map((background) =>
    sharp({ create: { width: 24, height: 16, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
);
const animation = () => sharp(frames, { join: { animated: true } });
const pictures: [name: string, format: string, bytes: Buffer][] = [
  ['baseline JPEG', 'jpg', await photo.clone().jpeg().toBuffer()],
  ['progressive JPEG', 'jpeg', await photo.clone().jpeg({ progressive: true }).toBuffer()],
  ['PNG', 'png', await photo.clone().png().toBuffer()],
  ['WebP', 'webp', await photo.clone().webp().toBuffer()],
  ['animated WebP', 'webp', await animation().webp().toBuffer()],
  ['animated GIF', 'gif', await animation().gif().toBuffer()],
  ['AVIF', 'avif', await photo.clone().avif().toBuffer()],
];

describe.each(pictures)('%s', (_, format, bytes) => {
  test('ends where it ends', async () => {
    await requireNothingBehind(bytes, format);
  });

  test('may be filled up with zeros', async () => {
    await requireNothingBehind(Buffer.concat([bytes, Buffer.alloc(1000)]), format);
  });

  test.each(['<html><script>alert(1)</script>', 'PK\x03\x04 an archive', '\0\0 <script>'])(
    'has no %j behind',
    async (more) => {
      const file = Buffer.concat([bytes, Buffer.from(more)]);
      const { message } = await failure('IMAGE_BROKEN', () => requireNothingBehind(file, format));
      expect(message).toMatch(/something else stands behind its end, \d+ bytes/);
    },
  );

  test.each([1, 2, 5, 9])('does not end %i bytes earlier', async (count) => {
    await failure('IMAGE_BROKEN', () => requireNothingBehind(bytes.subarray(0, -count), format));
  });
});

test('behind a JPEG another JPEG may stand, as a whole', async () => {
  const [, , jpeg] = pictures[0] as (typeof pictures)[0];
  await requireNothingBehind(Buffer.concat([jpeg, jpeg, jpeg]), 'jpg');
  await failure('IMAGE_BROKEN', () => requireNothingBehind(Buffer.concat([jpeg, jpeg.subarray(0, 100)]), 'jpg'));
});

test('a window into larger memory is looked at, and nothing beside it', async () => {
  const [, , jpeg] = pictures[0] as (typeof pictures)[0];
  const larger = Buffer.concat([Buffer.from('<html>'), jpeg, Buffer.from('<html>')]);
  await requireNothingBehind(new Uint8Array(larger.buffer, larger.byteOffset + 6, jpeg.length), 'jpg');
});

test('lets others have their turn', async () => {
  const long = Buffer.alloc(2 ** 21, 0xff);
  long.set([0xff, 0xd8, 0xff]);
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  const count = () => {
    turns += 1;
    setImmediate(count).unref();
  };
  setImmediate(count).unref();
  await failure('IMAGE_BROKEN', () => requireNothingBehind(long, 'jpg'));
  clearInterval(others);
  expect(turns).toBeGreaterThan(20);
});
