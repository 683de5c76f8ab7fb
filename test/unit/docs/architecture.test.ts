import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDocument, root } from './markdown.js';

const document = readDocument('ARCHITECTURE.md');
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'));

test('every source file that ARCHITECTURE.md names is there', () => {
  const named = [...document.matchAll(/[\w-]+(?:\/[\w-]+)*\.ts\b/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !files.some((file) => `/src/${file}`.endsWith(`/${name}`)))).toEqual([]);
});

test('its tree names every folder, and every file of those that it opens', () => {
  const folders = new Set(files.flatMap((file) => file.split('/').slice(0, -1)));
  expect([...folders].filter((name) => !document.includes(`${name}/`))).toEqual([]);
  const opened =
    /^(?:shared|stores\/(?:split|local)|backend(?:\/(?:face|images|keys|copies|copies\/backups|serving|serving\/uploads|servers))?|cli|frontend(?:\/(?:face|loading|network|cache|showing|painting))?)\/[\w-]+\.ts$/;
  const expected = files.filter((file) => opened.test(file) && !file.endsWith('shared/index.ts'));
  const tree = document.slice(document.indexOf('## The tree'), document.indexOf('## Who may import what'));
  const named = new Set(tree.match(/[\w-]+\.ts\b/g));
  expect(expected.filter((file) => !named.has(file.split('/').at(-1) ?? ''))).toEqual([]);
});
