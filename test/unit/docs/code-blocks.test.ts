import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/folders.js';
import { codeBlocksOf, documents, readDocument, root } from './markdown.js';

const compilerOptions = {
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  types: ['node'],
  noEmit: true,
  jsx: 'react-jsx',
  // The public entry points as they are in src/: what is documented must hold before anything is built.
  paths: { 'pixstore/*': [join(root, 'src/*/index.ts')] },
  noUnusedLocals: false,
};

test('every TypeScript block of the documents compiles, strictly, as a module of its own', async () => {
  const folder = await temporaryFolder();
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }'); // there is no name for tsx that says so
  let count = 0;
  for (const path of documents) {
    for (const { language, code, line } of codeBlocksOf(readDocument(path))) {
      if (language !== 'ts' && (language !== 'tsx' || path !== join('docs', 'bindings.md'))) continue;
      count += 1;
      await mkdir(join(folder, path), { recursive: true });
      await writeFile(join(folder, path, `line-${line}.${language === 'ts' ? 'mts' : 'tsx'}`), code);
    }
  }
  expect(count).toBeGreaterThan(5);
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.mts', '**/*.tsx'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const result = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(({ stdout }) => ({
    stdout,
  }));
  expect(result.stdout).toBe('');
}, 60_000);

test('every block says its language, so that no TypeScript goes unchecked', () => {
  const languages = documents.flatMap((path) => codeBlocksOf(readDocument(path)).map(({ language }) => language));
  expect(['http', 'json', 'nginx', 'sh', 'svelte', 'text', 'ts', 'tsx', 'vue']).toEqual(
    expect.arrayContaining([...new Set(languages)]),
  );
});

// Those of bindings.md, and what it shows of Vue and Svelte, are compiled and run by test/browser/bindings.
test('blocks of tsx are files of the app that test/package/next.test.ts compiles and runs', () => {
  const blocks = documents.flatMap((from) => codeBlocksOf(readDocument(from)).map((block) => ({ from, ...block })));
  const apps = blocks.filter(({ language }) => language === 'tsx');
  const sources = [join('docs', 'frameworks.md'), join('docs', 'bindings.md')];
  expect(apps.length).toBeGreaterThan(5);
  expect(apps.filter(({ from, code }) => !sources.includes(from) || !/^\/\/ \S+\n/.test(code))).toEqual([]);
});
