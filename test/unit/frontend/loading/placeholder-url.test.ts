import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { placeholderUrl } from '../../../../src/frontend/index.js';
import { sharpProcessing } from '../../../../src/processing/index.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { photo } from '../../../support/photos.js';
import { pictureOf, wanted } from '../../../support/processing.js';

const record: ImageRecord = { id: 'cat', token: 1, meta: { key: '', iv: '', tag: '' }, statelessProof: '' };

test('gives a small picture that looks like the image, as a data: URL', async () => {
  const cat = pictureOf(photo('cat.png'), 'png', 451, 300);
  const { placeholder } = await sharpProcessing().process(cat, wanted([], { placeholder: true }));
  const base64 = Buffer.from(placeholder ?? []).toString('base64');
  const [type, content = ''] = placeholderUrl({ ...record, placeholder: base64 })?.split(',') ?? [];
  expect(type).toBe('data:image/png;base64');
  const shown = sharp(Buffer.from(content, 'base64'));
  const { width, height } = await shown.metadata();
  expect([width, height]).toEqual([32, 23]); // 451 x 300, as exactly as a ThumbHash says it
  const colours = async (picture: Sharp) => (await picture.stats()).channels.slice(0, 3).map(({ mean }) => mean);
  const [found, expected] = await Promise.all([colours(shown), colours(sharp(photo('cat.png')))]);
  for (const [index, mean] of expected.entries()) expect(Math.abs((found[index] ?? 0) - mean)).toBeLessThan(12);
});

test.each([undefined, '', 'no base64!', 'AAAA'])('gives nothing for %j', (placeholder) => {
  expect(placeholderUrl(placeholder === undefined ? record : { ...record, placeholder })).toBeUndefined();
});
