import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { documents, readDocument, root } from './markdown.js';

interface Link {
  from: string;
  path: string;
  anchor: string | undefined;
}

const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, 'code');

const links: Link[] = documents.flatMap((from) =>
  [...withoutCode(readDocument(from)).matchAll(/(?:\]\(|src(?:set)?=")(?!https?:)([^)#\s"]*)(?:#([^)"]*))?[)"]/g)].map(
    ([, path = '', anchor]) => ({ from, path: path ? normalize(join(dirname(from), path)) : from, anchor }),
  ),
);

/** Anchors of headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test('every link between the documents leads to a file that is there', () => {
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
});

test('every link to a heading leads to one that is there', () => {
  const anchored = links.filter(({ path, anchor }) => anchor !== undefined && path.endsWith('.md'));
  expect(anchored.length).toBeGreaterThan(5);
  expect(anchored.filter(({ path, anchor }) => !anchorsOf(readDocument(path)).includes(anchor ?? ''))).toEqual([]);
});

test('no document names a folder or an address of the machine it was written on', () => {
  const guilty = documents.filter((path) => /(?:^|[\s(`"'])\/(?:home|work|root|Users|tmp)\//m.test(readDocument(path)));
  expect(guilty).toEqual([]);
});
