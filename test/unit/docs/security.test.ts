import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDocument, root } from './markdown.js';

const document = readDocument('SECURITY.md');

const [table = '', list = ''] = document.split('\n## Tests\n');
const named = [...list.matchAll(/^\| (T\d+) \|.*\]\((test\/[^)]+)\): "(.+)" \|$/gm)].map(
  ([, name = '', file = '', title = '']) => ({
    name,
    file,
    title,
  }),
);

/** Is this, from its first to its last letter, what a test or a group of tests of that file is called? */
function isTitleIn(file: string, title: string): boolean {
  const source = readFileSync(join(root, file), 'utf8');
  const quoted = [`'${title}'`, `"${title}"`, `\`${title}\``];
  return quoted.some((text) =>
    source
      .split(text)
      .slice(0, -1)
      .some((before) => /(\b(test|it|describe)|\))\(\s*$/.test(before)),
  );
}

test('every test that SECURITY.md names is there, under exactly that title', () => {
  const missing = named.filter(({ file, title }) => !isTitleIn(file, title));
  expect(missing).toEqual([]);
});

test('every test in its list is referred to, and no other', () => {
  const referredTo = [...table.matchAll(/\bT\d+\b/g)].map(([name]) => name);
  const rows = [...list.matchAll(/^\| (T\d+) \|/gm)].map(([, name]) => name);
  expect(named.map(({ name }) => name)).toEqual(rows);
  expect(new Set(rows).size).toBe(rows.length);
  expect([...new Set(referredTo)].sort()).toEqual([...rows].sort());
});
