import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../node_modules/exiftool-vendored.pl/bin/exiftool', import.meta.url));

/** An independent reader of metadata. @returns what it writes to stdout */
export async function exiftool(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('perl', [program, ...args], { maxBuffer: 2 ** 26 });
  return stdout;
}

/** Every tag of each file, also unknown ones, those of further pictures in it and of what is behind its end. */
export async function tagsOf(files: readonly string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await exiftool('-json', '-G1', '-a', '-u', '-ee3', '-validate', '-warning', '-all', ...files));
}

// What every picture has: where exiftool found it, and how large it is.
const ofEveryPicture = ['ExifTool', 'File', 'RIFF', 'PNG', 'Composite', 'JFIF'];

/** Names of the metadata that an independent reader finds in a picture, with the group that each belongs to. */
export async function metadataIn(bytes: Uint8Array): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  try {
    const file = join(folder, 'picture');
    await writeFile(file, bytes);
    const [found] = JSON.parse(await exiftool('-json', '-G', '-a', '-u', file)) as Record<string, unknown>[];
    return Object.keys(found ?? {}).filter((name) => name.includes(':') && !isOfEveryPicture(name));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const isOfEveryPicture = (name: string) => ofEveryPicture.includes(name.split(':')[0] ?? '');
