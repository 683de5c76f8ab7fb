import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fileNameOf } from '../../support/code-blocks.js';
import { temporaryFolder } from '../../support/folders.js';
import { codeBlocksOf, documents, readDocument, root } from './markdown.js';

const compilerOptions = {
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  types: ['node'],
  noEmit: true,
  // The public entry points as they are in src/: what is documented must hold before anything is built.
  paths: { 'pixstore/*': [join(root, 'src/*/index.ts')] },
  noUnusedLocals: false,
};

test('every TypeScript block of the documents compiles, strictly, as a module of its own', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  let count = 0;
  for (const path of documents) {
    for (const { language, code, line } of codeBlocksOf(readDocument(path))) {
      if (language !== 'ts') continue;
      count += 1;
      await mkdir(join(folder, path), { recursive: true });
      await writeFile(join(folder, path, fileNameOf(code, line)), code);
    }
  }
  expect(count).toBeGreaterThan(5);
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const result = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(({ stdout }) => ({
    stdout,
  }));
  expect(result.stdout).toBe('');
}, 60_000);

test('every block says its language, so that no TypeScript goes unchecked', () => {
  const languages = documents.flatMap((path) => codeBlocksOf(readDocument(path)).map(({ language }) => language));
  expect(['http', 'js', 'json', 'nginx', 'proto', 'sh', 'text', 'ts', 'tsx']).toEqual(
    expect.arrayContaining([...new Set(languages)]),
  );
});

test('blocks of tsx are files of the app that test/package/next.test.ts compiles and runs', () => {
  const blocks = documents.flatMap((from) => codeBlocksOf(readDocument(from)).map((block) => ({ from, ...block })));
  const apps = blocks.filter(({ language }) => language === 'tsx');
  expect(apps.length).toBeGreaterThan(5);
  expect(apps.filter(({ from, code }) => from !== join('docs', 'frameworks.md') || !/^\/\/ \S+\n/.test(code))).toEqual(
    [],
  );
});
