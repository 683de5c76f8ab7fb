import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { root } from '../docs/markdown.js';

// By its path: types of bench/ are not checked.
const { summaryOf }: { summaryOf(read: (name: string) => string): string } = await import(
  pathToFileURL(join(root, 'bench/report/summary.mjs')).href
);
const read = (name: string) => readFileSync(join(root, 'bench/results', name), 'utf8');

test('the chart of the README shows the results that are kept, and those of no other run', () => {
  expect(summaryOf((name) => read(`${name}.json`))).toBe(read('summary.svg'));
});
