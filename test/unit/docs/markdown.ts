import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Every document: paths from the project's folder. */
export const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A fenced block of code, its language, and the line that it begins on. */
export interface CodeBlock {
  language: string;
  code: string;
  line: number;
}

export function codeBlocksOf(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: markdown.slice(0, index).split('\n').length + 1,
  }));
}

/** Cells of every row of every table, without the rows of dashes. */
export function tableRowsOf(markdown: string): string[][] {
  return [...markdown.matchAll(/^\|(?!-)(.*)\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()));
}
