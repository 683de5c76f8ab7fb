import { readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { expect, inject, test } from 'vitest';
import { root, run, tool } from './run.js';

const { tarball, files, app, size, unpackedSize } = inject('packed');
const installed = join(app, 'node_modules', 'pixstore');

test('the package holds the build and the documents, and nothing else', () => {
  const expected = /^(dist\/.+\.(js|d\.ts)|(docs\/)?[\w-]+\.md|LICENSE|package\.json)$/;
  expect(files.filter((path) => !expected.test(path) || /\.(test|spec)\./.test(path))).toEqual([]);
  const documents = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];
  expect(documents.filter((name) => !files.includes(name))).toEqual([]);
});

test('every link of the README to a document leads to one that is packed', async () => {
  const readme = await readFile(join(installed, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((path) => !files.includes(path))).toEqual([]);
});

test('no file names a folder of the machine that packed it', async () => {
  const folders = [root, tmpdir(), homedir(), 'file:///'];
  const guilty = [];
  for (const file of files) {
    const text = await readFile(join(installed, file), 'utf8');
    guilty.push(...folders.filter((folder) => text.includes(`${folder}/`)).map((folder) => `${file}: ${folder}`));
  }
  expect(guilty).toEqual([]);
});

test('no file leads to a source map, since none is packed', async () => {
  for (const file of files.filter((path) => path.endsWith('.js'))) {
    expect(await readFile(join(installed, file), 'utf8'), file).not.toContain('sourceMappingURL');
  }
});

test('publint finds nothing', async () => {
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
  expect(messages).toEqual([]);
});

test('attw finds nothing wrong with the types of any entry, but that TypeScript before 5.8 requires no ES modules', async () => {
  // Fails, with a table of what is wrong, when its exit status is not 0.
  const options = ['--ignore-rules', 'cjs-resolves-to-esm'];
  await run(process.execPath, [tool('@arethetypeswrong/cli/dist/index.js'), tarball, ...options], app);
});

test('installs without any warning or script, and at most three dependencies', async () => {
  const { dependencies, scripts } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies).length).toBeLessThanOrEqual(3);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toHaveProperty(name);
});

test('its size is told', () => {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
  console.log(`pixstore: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked, ${files.length} files`);
  expect(size).toBeLessThan(800_000);
});
