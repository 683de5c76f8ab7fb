import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { root } from './run.js';

/** A fenced block of code, and the line that it begins on. */
export interface Block {
  document: string;
  language: string;
  code: string;
  line: number;
}

/** Every block of code of the README and of docs/. */
export async function blocksOfDocuments(): Promise<Block[]> {
  const names = await readdir(join(root, 'docs'), { recursive: true });
  const documents = ['README.md', ...names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  const blocks = documents.sort().map(async (document) => {
    const markdown = await readFile(join(root, document), 'utf8');
    return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => {
      return { document, language, code, line: markdown.slice(0, index).split('\n').length + 1 };
    });
  });
  return (await Promise.all(blocks)).flat();
}

/** What the file of a block is called: as its first line says, or by the line that it begins on. */
export function fileNameOf({ code, line }: Block): string {
  return `${/^\/\/ ([\w.-]+)\.ts\n/.exec(code)?.[1] ?? `line-${line}`}.js`;
}

/** As an application would have it: only its types are gone. */
export async function asModule({ code }: Block): Promise<string> {
  return (await transform(code, { loader: 'ts' })).code;
}

/**
 * A folder that has the packed pixstore and all packages of the project installed, so that what is put there runs as in
 * an application.
 *
 * @param app - the folder that has installed the tarball
 */
export async function createProject(app: string, name: string): Promise<string> {
  const folder = join(dirname(app), name);
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const link = (source: string, target: string) => symlink(source, join(folder, 'node_modules', target), 'junction');
  // A copy, which finds what it may use, such as sharp, beside it.
  await cp(join(app, 'node_modules/pixstore'), join(folder, 'node_modules/pixstore'), { recursive: true });
  for (const entry of await readdir(join(root, 'node_modules'))) {
    if (!entry.startsWith('.')) await link(join(root, 'node_modules', entry), entry);
  }
  return folder;
}
