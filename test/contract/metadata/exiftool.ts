import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../../node_modules/exiftool-vendored.pl/bin/exiftool', import.meta.url));

/** An independent reader of metadata. @returns what it writes to stdout */
export async function exiftool(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('perl', [program, ...args], { maxBuffer: 2 ** 26 });
  return stdout;
}

/** Every tag of each file, also unknown ones, those of further pictures in it and of what is behind its end. */
export async function tagsOf(files: readonly string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await exiftool('-json', '-G1', '-a', '-u', '-ee3', '-validate', '-warning', '-all', ...files));
}
