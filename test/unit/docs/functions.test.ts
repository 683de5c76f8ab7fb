import { expect, test } from 'vitest';
import * as backend from '../../../src/backend/index.js';
import * as frontend from '../../../src/frontend/index.js';
import { readDocument } from './markdown.js';

const [, onTheServer = '', inThePage = ''] = readDocument('docs/functions.md').split(/^## `pixstore\/\w+`$/m);

// For whoever writes a store: docs/custom-store.md and the port have them.
const forStores = ['generationOf', 'isExpected', 'isOverQuota', 'openInMemory', 'storeClosed'];

test.each([
  ['backend', backend, onTheServer],
  ['frontend', frontend, inThePage],
])('docs/functions.md has every function of pixstore/%s, and none that is not there', (_, module, section) => {
  const exported = Object.entries(module).filter(([, value]) => typeof value === 'function' && !isClass(value));
  const names = exported.map(([name]) => name).filter((name) => !forStores.includes(name));
  expect(names.filter((name) => !section.includes(`\`${name}`))).toEqual([]);
  const listed = [...section.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)(?=[(`])/g)].map(([, name = '']) => name),
  );
  expect(listed.length).toBeGreaterThan(10);
  expect(listed.filter((name) => !(name in module))).toEqual([]);
});

const isClass = (value: unknown) => String(value).startsWith('class ');
