import { resolveObjectURL } from 'node:buffer';
import { expect, test } from 'vitest';
import { createObjectUrls } from '../../../../src/frontend/loading/object-urls.js';

const image = new Blob(['cat']);
const leadsTo = (url: string) => resolveObjectURL(url) !== undefined;

test('a version that is shown often is one URL, revoked when the last one released it', () => {
  const urls = createObjectUrls();
  const held = Array.from({ length: 10 }, () => urls.hold('a', new Blob(['cat'])));
  expect(new Set(held.map(({ url }) => url)).size).toBe(1);
  const { url } = held[0] ?? expect.fail();
  const last = held.pop();
  for (const { release } of held) release();
  expect(leadsTo(url)).toBe(true);
  last?.release();
  expect(leadsTo(url)).toBe(false);
});

test('releasing twice counts once', () => {
  const urls = createObjectUrls();
  const one = urls.hold('a', image);
  const other = urls.hold('a', image);
  one.release();
  one.release();
  expect(leadsTo(other.url)).toBe(true);
});

test('a version that is shown again after the last release gets a URL of its own', () => {
  const urls = createObjectUrls();
  const one = urls.hold('a', image);
  one.release();
  const other = urls.hold('a', image);
  expect(other.url).not.toBe(one.url);
  one.release();
  expect(leadsTo(other.url)).toBe(true);
});

test('versions have URLs of their own, and all can be revoked at once', () => {
  const urls = createObjectUrls();
  const [one, other] = ['a', 'b'].map((version) => urls.hold(version, image).url);
  expect(one).not.toBe(other);
  urls.revokeAll();
  expect([one, other].map((url) => leadsTo(url ?? ''))).toEqual([false, false]);
});
