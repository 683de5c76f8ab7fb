import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { codeBlocksOf, readDocument, root } from '../unit/docs/markdown.js';

/**
 * What the TypeScript blocks of a document export, as they stand there, of those blocks that have this text in them;
 * test/unit/docs/code-blocks.test.ts checks their types. What they import of pixstore is a copy of their own of what is
 * in src/.
 */
export async function importBlocks<Exports>(document: string, text: string): Promise<Exports> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const blocks = codeBlocksOf(readDocument(document));
    const chosen = blocks.filter(({ language, code }) => language === 'ts' && code.includes(text));
    const modules = chosen.map(async ({ code, line }): Promise<Partial<Exports>> => {
      const path = join(folder, `line-${line}.mjs`);
      await writeFile(path, await bundle(code, folder));
      return import(/* @vite-ignore */ pathToFileURL(path).href);
    });
    return Object.assign({}, ...(await Promise.all(modules)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundle(code: string, resolveDir: string): Promise<string> {
  const entries = ['backend', 'frontend', 'testing'].map((name) => [
    `pixstore/${name}`,
    join(root, `src/${name}/index.ts`),
  ]);
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: Object.fromEntries(entries),
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
