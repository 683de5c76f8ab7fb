import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { codeBlocksOf, readDocument, root } from '../unit/docs/markdown.js';

/**
 * What the TypeScript blocks of a document export, as they stand there, of those blocks that have this text in them;
 * test/unit/docs/code-blocks.test.ts checks their types. What they import of pixstore is a copy of their own of what is
 * in src/.
 */
export async function importBlocks<Exports>(document: string, text: string): Promise<Exports> {
  return withBlocks(document, async (folder, blocks) => {
    const chosen = blocks.filter(({ code }) => code.includes(text)).map(({ path }) => path);
    const entries = ['backend', 'frontend', 'testing', 'stores/files', 'stores/postgres', 'stores/s3'].map((folder) => [
      `pixstore/${basename(folder)}`,
      join(root, `src/${folder}/index.ts`),
    ]);
    await build({
      entryPoints: chosen,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      alias: Object.fromEntries(entries),
    });
    const modules = chosen.map((path): Promise<Partial<Exports>> => {
      const url = pathToFileURL(join(folder, basename(path).replace(/\.ts$/, '.mjs'))).href;
      return import(/* @vite-ignore */ url);
    });
    return Object.assign({}, ...(await Promise.all(modules)));
  });
}

/**
 * Has something done with the TypeScript blocks of a document as files of one folder: a block that others import says in
 * its first line what it is called.
 */
export async function withBlocks<Result>(
  document: string,
  work: (folder: string, blocks: { code: string; path: string }[]) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const blocks = codeBlocksOf(readDocument(document)).filter(({ language }) => language === 'ts');
    const files = blocks.map(({ code, line }) => ({ code, path: join(folder, fileNameOf(code, line)) }));
    for (const { code, path } of files) await writeFile(path, code);
    return await work(folder, files);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a block is called: what its first line says, or by the line that it begins on. */
export function fileNameOf(code: string, line: number): string {
  return /^\/\/ ([\w.-]+\.ts)\n/.exec(code)?.[1] ?? `line-${line}.ts`;
}
