import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  jsx: 'react-jsx',
  // The public entry points as they are in src/: what is documented must hold before anything is built.
  paths: { 'pixstore/*': [join(root, 'src/*/index.ts'), join(root, 'src/stores/*/index.ts')] },
  noUnusedLocals: false,
};

test('every TypeScript block of the documents compiles, strictly, as a module of its own', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  let count = 0;
  for (const path of documents) {
    for (const { language, code, line } of codeBlocksOf(readDocument(path))) {
      if (language !== 'ts' && (language !== 'tsx' || path !== join('docs', 'bindings.md'))) continue;
      count += 1;
      await mkdir(join(folder, path), { recursive: true });
      await writeFile(join(folder, path, language === 'ts' ? fileNameOf(code, line) : `line-${line}.tsx`), code);
    }
  }
  expect(count).toBeGreaterThan(5);
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.ts', '**/*.tsx'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const result = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(({ stdout }) => ({
    stdout,
  }));
  expect(result.stdout).toBe('');
}, 60_000);

/** All blocks of these languages. */
function blocksIn(...languages: string[]) {
  const blocks = documents.flatMap((from) => codeBlocksOf(readDocument(from)).map((block) => ({ from, ...block })));
  return blocks.filter(({ language }) => languages.includes(language));
}

test('every block says its language, so that none goes unchecked', () => {
  const languages = documents.flatMap((path) => codeBlocksOf(readDocument(path)).map(({ language }) => language));
  const known = [
    'html',
    'http',
    'js',
    'json',
    'nginx',
    'proto',
    'sh',
    'sql',
    'svelte',
    'text',
    'ts',
    'tsx',
    'vue',
    'yaml',
  ];
  expect(known).toEqual(expect.arrayContaining([...new Set(languages)]));
});

test('blocks of ts are in the README and in docs/, where test/package/blocks.test.ts runs them', () => {
  expect(blocksIn('ts').filter(({ from }) => from !== 'README.md' && !from.startsWith('docs'))).toEqual([]);
});

// Those of bindings.md, and what it shows of Vue and Svelte, are compiled and run by test/browser/bindings.
test('blocks of tsx are files of the app that test/package/next.test.ts compiles and runs', () => {
  const apps = blocksIn('tsx');
  const sources = [join('docs', 'frameworks.md'), join('docs', 'bindings.md')];
  expect(apps.length).toBeGreaterThan(5);
  expect(apps.filter(({ from, code }) => !sources.includes(from) || !/^\/\/ \S+\n/.test(code))).toEqual([]);
});

/** What runs the files that the blocks of js and html of a document are. */
const apps: Record<string, string> = {
  'README.md': 'test/package/readme.test.ts',
  [join('docs', 'testing.md')]: 'test/package/own-tests.test.ts',
};

test('blocks of js and html are files, which a test runs that names their document', () => {
  const files = blocksIn('js', 'html');
  expect(files.length).toBeGreaterThan(2);
  expect(files.filter(({ from, code }) => !apps[from] || !/^(\/\/|<!--) \S+/.test(code))).toEqual([]);
  const named = ([document, test]: [string, string]) => readDocument(test).includes(document.replaceAll('\\', '/'));
  expect(Object.entries(apps).filter((app) => !named(app))).toEqual([]);
});

test('blocks of sql are in docs/postgres.md, and test/cloud/postgres/documented.test.ts runs them', () => {
  expect(blocksIn('sql').filter(({ from }) => from !== join('docs', 'postgres.md'))).toEqual([]);
  expect(readDocument('test/cloud/postgres/documented.test.ts')).toContain(
    "codeBlocksOf(readDocument('docs/postgres.md'))",
  );
});

/** What does what a block of sh says, by the document and the first words of its lines. */
const commands: Record<string, Record<string, string>> = {
  'README.md': {
    'npm ci && npm run demo': 'test/browser/demo-start.test.ts',
    'npm ci && npm test': 'scripts/test.mjs',
    'npm install pixstore express express-session': 'test/package/readme.test.ts',
    'npm install better-sqlite3@12': 'test/package/node.test.ts',
    'node server.mjs': 'test/package/readme.test.ts',
  },
  [join('docs', 'processing.md')]: {
    'npm install sharp': 'test/package/blocks.test.ts',
    'npm install libheif-js': 'test/unit/processing/convert.test.ts',
  },
  [join('docs', 'operating.md')]: { 'openssl rand -base64 32': 'test/package/recipes.test.ts' },
  [join('docs', 'key-wrappers.md')]: {
    'vault write -f transit/keys/images type=aes256-gcm96': 'test/contract/key-wrapper-recipes.test.ts',
    "printf 'path": 'test/contract/key-wrapper-recipes.test.ts',
    path: 'test/contract/key-wrapper-recipes.test.ts',
  },
};

test('every command in the README and in docs/ is known to be run, or its work done, by a test that is there', () => {
  const lines = blocksIn('sh')
    .filter(({ from }) => from === 'README.md' || from.startsWith('docs'))
    .flatMap(({ from, code }) =>
      code
        .trim()
        .split('\n')
        .map((line) => ({ from, line })),
    );
  expect(lines.length).toBeGreaterThan(5);
  const testOf = ({ from, line }: { from: string; line: string }) =>
    Object.entries(commands[from] ?? {}).find(([words]) => line.startsWith(words))?.[1];
  expect(lines.filter((line) => testOf(line) === undefined)).toEqual([]);
  expect(lines.map(testOf).filter((path) => !existsSync(join(root, path ?? '')))).toEqual([]);
});
