import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asModule, blocksOfDocuments, createProject, fileNameOf } from './documents.js';
import { withSqlite } from './round-trip.js';
import { root, run } from './run.js';

/** Blocks that do not run on their own, by text that is in them, and the tests that run them. */
const claimed: { document: string; text: string; test: string }[] = [
  {
    document: 'docs/custom-store.md',
    text: 'declare const rows: RowStore',
    test: 'test/contract/custom-store.test.ts',
  },
  {
    document: 'docs/custom-store.md',
    text: 'declare function folderBlobs',
    test: 'test/contract/custom-store.test.ts',
  },
  { document: 'docs/object-stores.md', text: "from './s3.js'", test: 'test/cloud/s3-documents.test.ts' },
  { document: 'docs/object-stores.md', text: "from 'pixstore/s3'", test: 'test/cloud/s3-documents.test.ts' },
  { document: 'docs/object-stores.md', text: "from 'pixstore/files'", test: 'test/cloud/s3-documents.test.ts' },
  { document: 'docs/postgres.md', text: '// images.ts', test: 'test/cloud/postgres/documented.test.ts' },
  { document: 'docs/scaling.md', text: '// server.ts', test: 'test/cloud/scaling-document.test.ts' },
  { document: 'docs/testing.md', text: '// images.test.ts', test: 'test/package/own-tests.test.ts' },
  { document: 'docs/testing.md', text: '// photo.test.ts', test: 'test/package/own-tests.test.ts' },
  { document: 'docs/recipes.md', text: "new BroadcastChannel('logout')", test: 'test/package/readme.test.ts' },
];

// Servers listen on a port of their own choice, and keep the program alive no longer than what else is under way.
const polite = `
  import { Server } from 'node:net';
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...args) {
    return listen.call(this, 0, '127.0.0.1', args.find((arg) => typeof arg === 'function')).unref();
  };
`;

const all = (await blocksOfDocuments()).filter(({ language }) => language === 'ts');
const blocks = all.filter(
  ({ document, code }) => !claimed.some((claim) => claim.document === document && code.includes(claim.text)),
);
let project: string;

beforeAll(async () => {
  project = await createProject(inject('packed').app, 'documents');
  await writeFile(join(project, 'polite.mjs'), polite);
});

test('what is not run here is one block, and run by a test that is there and names its document', async () => {
  for (const { document, text, test } of claimed) {
    expect(all.filter((block) => block.document === document && block.code.includes(text))).toHaveLength(1);
    expect(await readFile(join(root, test), 'utf8')).toContain(document);
  }
});

describe.concurrent('runs as it stands, to its end, without an error', () => {
  test.each(blocks.map((block) => [`${block.document}, line ${block.line}`, block] as const))(
    '%s',
    async (_, block) => {
      const folder = join(project, `${block.document.replaceAll('/', '-')}-${block.line}`);
      await mkdir(folder);
      await writeFile(join(folder, 'photo.jpg'), pixel);
      // With the others of its document, since it may import them by their names.
      for (const one of all.filter(({ document }) => document === block.document)) {
        await writeFile(join(folder, fileNameOf(one)), await asModule(one));
      }
      await run(process.execPath, ['--import', '../polite.mjs', fileNameOf(block)], folder, withSqlite);
    },
  );
});

/** What a block finds that reads a file: the smallest PNG. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
