import { expect, test } from 'vitest';
import { fileNameFor } from '../../../../src/backend/moving/file-names.js';
import { idOfPath } from '../../../../src/backend/moving/import-ids.js';
import { isImageId } from '../../../../src/shared/protocol/image-id.js';

test.each([
  ['tom', undefined, 'png', /^tom\.png$/],
  ['cats:tom', undefined, 'jpg', /^cats\/tom\.jpg$/],
  ['cats:tom', 'thumb', 'webp', /^cats\/tom\.thumb\.webp$/],
  ['-_:a', undefined, 'png', /^-_\/a\.png$/],
  ['cats:Tom', undefined, 'png', /^cats\/Tom~[0-9a-f]{12}\.png$/],
  ['nul:a', undefined, 'png', /^nul~[0-9a-f]{12}\/a\.png$/],
  [`${'d'.repeat(200)}:a`, 'v'.repeat(200), 'png', /^d{100}~[0-9a-f]{12}\/a\.v{100}~[0-9a-f]{12}\.png$/],
] as const)('%s with %s goes into a file of a name that all file systems take', (id, variant, format, expected) => {
  expect(fileNameFor(id, variant, format)).toMatch(expected);
});

test.each([
  ['tom.jpg', undefined, /^tom-jpg$/],
  ['cats/tom.jpg', undefined, /^cats:tom-jpg$/],
  ['cats/tom.jpg', 'all', /^all:cats-tom-jpg-[0-9a-f]{12}$/],
  ['tom', 'all', /^all:tom$/],
  ['tom.tar.gz', undefined, /^tom-tar-gz-[0-9a-f]{12}$/],
  ['Ü/ö.png', undefined, /^--png-[0-9a-f]{12}$/],
  [`${'x'.repeat(300)}.png`, undefined, /^x{115}-[0-9a-f]{12}$/],
] as const)('the path %s leads, in the folder %s, to an id', (path, dir, expected) => {
  const id = idOfPath(path, dir);
  expect(isImageId(id)).toBe(true);
  expect(id).toMatch(expected);
});

test('paths that differ lead to ids that differ', () => {
  const paths = ['a b.png', 'a-b.png', 'a_b.png', 'a/b.png', 'a.b.png', 'A b.png', 'a  b.png', 'é.png', 'è.png'];
  expect(new Set(paths.map((path) => idOfPath(path, 'all'))).size).toBe(paths.length);
});
