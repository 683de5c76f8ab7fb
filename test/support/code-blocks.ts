import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { codeBlocksOf, readDocument, root } from '../unit/docs/markdown.js';

/**
 * What the TypeScript blocks of a document export, as they stand there, of those blocks that have this text in them;
 * test/unit/docs/code-blocks.test.ts checks their types.
 */
export async function importBlocks<Exports>(document: string, text: string): Promise<Exports> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const blocks = codeBlocksOf(readDocument(document));
    const chosen = blocks.filter(({ language, code }) => language === 'ts' && code.includes(text));
    const modules = chosen.map(async ({ code, line }): Promise<Partial<Exports>> => {
      const path = join(folder, `line-${line}.mjs`);
      await writeFile(path, (await transform(code, { loader: 'ts' })).code);
      return import(/* @vite-ignore */ pathToFileURL(path).href);
    });
    return Object.assign({}, ...(await Promise.all(modules)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
