import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { installTestRunners } from '../browser/harness/install.js';
import { codeBlocksOf, readDocument } from '../unit/docs/markdown.js';
import { run } from './run.js';
import { createFolder, packagesIn } from './small-app.js';

// Applications test themselves as docs/testing.md says, with the packed package.

const blocks = codeBlocksOf(readDocument('docs/testing.md'));

/** The files of docs/testing.md, by their names. */
const files = Object.fromEntries(
  blocks.flatMap(({ code }) => {
    const [, name] = /^\/\/ ([\w.-]+\.[jt]s)\n/.exec(code) ?? [];
    return name === undefined ? [] : [[name, code]];
  }),
);

let runners: string;
beforeAll(async () => {
  runners = await installTestRunners();
}, 60_000);

/** An application with these files, and with what it runs its tests with. */
async function createApp(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await createFolder({ [runners]: await packagesIn(runners) });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const manifest = { 'package.json': '{ "type": "module" }' };

test.each(['jsdom', 'happy-dom'])('Vitest: a backend in memory, and a page in %s', async (environment) => {
  const folder = await createApp({ ...manifest, ...files });
  const vitest = join(runners, 'node_modules/vitest/vitest.mjs');
  const output = await run(process.execPath, [vitest, 'run', '--environment', environment], folder, { NO_COLOR: '1' });
  expect(output).toMatch(/Tests +3 passed/);
});

test('Jest: the same, in its realms, and the bytes of all of them are taken', async () => {
  const config = JSON.parse(
    blocks.find(({ language, code }) => language === 'json' && code.includes('jest'))?.code ?? '',
  );
  const sources = {
    'images.test': files['images.test.ts'],
    'photo.test': files['photo.test.ts'],
    'memory-backend': files['memory-backend.ts'],
    'realms.test': realms,
  };
  const modules = Object.entries(sources).map(async ([name, source = '']) => {
    const { code } = await transform(source.replace("from 'vitest'", "from '@jest/globals'"), { loader: 'ts' });
    const environment = name === 'photo.test' ? '/** @jest-environment ./jsdom-with-fetch.js */\n' : '';
    return [`${name}.js`, environment + code];
  });
  const folder = await createApp({
    'package.json': JSON.stringify(config),
    'jsdom-with-fetch.js': files['jsdom-with-fetch.js'] ?? '',
    ...Object.fromEntries(await Promise.all(modules)),
  });
  const jest = join(runners, 'node_modules/jest/bin/jest.js');
  const [option = ''] = /(?<=NODE_OPTIONS=)\S+/.exec(config.scripts.test) ?? [];
  // It fails with what Jest says when any of them does.
  await run(process.execPath, [option, jest, '--runInBand'], folder, { NO_COLOR: '1', CI: '1' });
});

/** What Jest hands to tests comes from several realms: some globals are its own, what Node's modules give is not. */
const realms = `
import { Blob as NodeBlob, Buffer as NodeBuffer } from 'node:buffer';
import vm from 'node:vm';
import { expect, test } from '@jest/globals';
import { PixstoreError } from 'pixstore/backend';
import { memoryBackend } from './memory-backend.js';

const png = NodeBuffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const Foreign = vm.runInNewContext('Uint8Array');

test.each([
  ['Buffer', Buffer.from(png)],
  ['Buffer of Node', png],
  ['Uint8Array', new Uint8Array(png)],
  ['Uint8Array of another realm', new Foreign(png)],
  ['ArrayBuffer', new Uint8Array(png).buffer],
  ['ArrayBuffer of another realm', new Foreign(png).buffer],
  ['Blob', new Blob([png])],
  ['Blob of Node', new NodeBlob([png])],
])('%s', async (name, image) => {
  const backend = memoryBackend();
  const { id } = await backend.saveImage(image);
  expect(NodeBuffer.from((await backend.readImage(id)).bytes).equals(png)).toBe(true);
});

test('errors', async () => {
  const failure = await memoryBackend().saveImage(NodeBuffer.from('no image')).catch((error) => error);
  expect(failure instanceof PixstoreError).toBe(true);
});
`;
