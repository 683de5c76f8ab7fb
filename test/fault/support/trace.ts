import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../../../scripts/run.mjs';
import { quickFolder } from './quick-folder.js';

/** A system call that a program made, and that succeeded. */
export interface SystemCall {
  name: string;
  /** The files that it names, or the one that it works on. */
  paths: string[];
  /** The bytes it writes, as far as they are text; at most 40. */
  text: string;
  /** s */
  start: number;
  end: number;
}

/** Runs a Node program to its end. @returns the system calls of all its threads, in the order in which they began */
export async function traceNode(calls: readonly string[], args: readonly string[]): Promise<SystemCall[]> {
  const output = await quickFolder();
  const options = ['-ff', '-ttt', '-T', '-y', '-s', '40', '-e', `trace=${calls.join()}`, '-o', join(output, 'calls')];
  const { ok, output: complaint } = await run('strace', [...options, process.execPath, ...args]);
  expect(ok, complaint).toBe(true);
  const threads = await Promise.all((await readdir(output)).map((name) => readFile(join(output, name), 'utf8')));
  return threads.flatMap((thread) => thread.split('\n').flatMap(readLine)).sort((a, b) => a.start - b.start);
}

function readLine(line: string): SystemCall[] {
  const [, time, name = '', args = '', duration] = /^(\d+\.\d+) (\w+)\((.*)\) += \d+ <(\d+\.\d+)>$/.exec(line) ?? [];
  const start = Number(time);
  const texts = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text);
  const [, open] = /^\d+<([^>]*)>/.exec(args) ?? [];
  const paths = open === undefined ? texts : [open];
  return name ? [{ name, paths, text: texts[0] ?? '', start, end: start + Number(duration) }] : [];
}
