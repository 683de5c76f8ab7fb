import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../node_modules/exiftool-vendored.pl/bin/exiftool', import.meta.url));

// What every picture has: where exiftool found it, and how large it is.
const ofEveryPicture = ['ExifTool', 'File', 'RIFF', 'PNG', 'Composite', 'JFIF'];

/** Names of the metadata that an independent reader finds in a picture, with the group that each belongs to. */
export async function metadataIn(bytes: Uint8Array): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  try {
    const file = join(folder, 'picture');
    await writeFile(file, bytes);
    const { stdout } = await promisify(execFile)('perl', [program, '-json', '-G', '-a', '-u', file]);
    const [found] = JSON.parse(stdout) as Record<string, unknown>[];
    return Object.keys(found ?? {}).filter((name) => name.includes(':') && !isOfEveryPicture(name));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const isOfEveryPicture = (name: string) => ofEveryPicture.includes(name.split(':')[0] ?? '');
