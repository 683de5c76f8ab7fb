import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDocument, root } from './markdown.js';

const document = readDocument('SECURITY.md');

test('every test that SECURITY.md names is there, under that title', () => {
  const named = [...document.matchAll(/\]\((test\/[^)]+)\): "([^"]+)"/g)];
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter(([, file = '', title = '']) => !readFileSync(join(root, file), 'utf8').includes(title));
  expect(missing.map(([text]) => text)).toEqual([]);
});

test('every test in its list is referred to, and no other', () => {
  const [table = '', list = ''] = document.split('\n## Tests\n');
  const referredTo = [...table.matchAll(/\bT\d+\b/g)].map(([name]) => name);
  const listed = [...list.matchAll(/^\| (T\d+) \|/gm)].map(([, name]) => name);
  expect([...new Set(referredTo)].sort()).toEqual([...listed].sort());
});
