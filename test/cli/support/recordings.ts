import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { codeBlocksOf } from '../../unit/docs/markdown.js';
import { program } from './run-cli.js';

/** A command as docs/cli.md shows it, and what it prints there. */
export interface Recorded {
  command: string;
  output: string;
}

/** What a section shows, in order. */
export interface Recording {
  /** The heading of the section. */
  section: string;
  commands: Recorded[];
}

/** Every block of text that begins with `$ `, by the section that it stands in. */
export function recordingsIn(markdown: string): Recording[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.flatMap((text) => {
    const section = text.slice(0, text.indexOf('\n'));
    const blocks = codeBlocksOf(text).filter(({ code }) => code.startsWith('$ '));
    const commands = blocks.flatMap(({ code }) => code.split(/^\$ /m).slice(1).map(recordedOf));
    return commands.length > 0 ? [{ section, commands }] : [];
  });
}

function recordedOf(text: string): Recorded {
  const [, command = '', output = ''] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(text) ?? [];
  return { command, output };
}

/** Runs commands one after the other in a folder, as a shell does. @returns what each printed, to both streams */
export function replay(commands: readonly Recorded[], cwd: string, env: Record<string, string> = {}): string[] {
  const bin = mkdtempSync(join(tmpdir(), 'pixstore-bin-'));
  const outputFile = join(bin, 'output');
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(bin, 'pixstore'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, 'pixstore'), 0o755);
  let status = 0;
  try {
    return commands.map(({ command }) => {
      // One file for both streams, as on a terminal.
      const file = openSync(outputFile, 'w+');
      ({ status } = spawnSync('sh', ['-c', `(exit ${status}); ${command}`], {
        cwd,
        env: { PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1', ...env },
        stdio: ['ignore', file, file],
        timeout: 60_000,
      }) as { status: number });
      closeSync(file);
      return readFileSync(outputFile, 'utf8');
    });
  } finally {
    rmSync(bin, { recursive: true, force: true });
  }
}

/** What is another every time, by what stands for it. */
const changing: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, '<time>'],
  [/\b1\d{12}\b/g, '<token>'],
  [/(?<![\w-])[\w-]{22}(?![\w-])/g, '<key>'],
  [/\b\d{10}-[0-9a-f]{8}\b/g, '<backup>'],
  [/\b[0-9a-f]{16}\b/g, '<id>'],
  [/\b[0-9a-f]{32}\b/g, '<id>'],
  [/\b\d+(?:\.\d+)? [kMGT]?B\b/g, '<size>'],
  [/"(bytes|size)":\d+/g, '"$1":<size>'],
  [/\b[\d,]+\/s/g, '<rate>'],
  [/\b\d+:\d\d(?::\d\d)?\b/g, '<duration>'],
  [/[ \t]+/g, ' '],
];

/** A text in which ids, times and sizes are the same whenever it was printed. */
export function normalised(text: string): string {
  const lines = changing.reduce((changed, [pattern, sign]) => changed.replace(pattern, sign), text).split('\n');
  return lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

/** A document in which a recording has what is printed now. */
export function recordedAnew(markdown: string, { section, commands }: Recording, printed: readonly string[]): string {
  const at = markdown.indexOf(`## ${section}\n`);
  let done = markdown.slice(0, at);
  let rest = markdown.slice(at);
  for (const [index, { command, output }] of commands.entries()) {
    const head = `$ ${command}\n`;
    const where = rest.indexOf(head + output) + head.length;
    done += rest.slice(0, where) + printed[index];
    rest = rest.slice(where + output.length);
  }
  return done + rest;
}
