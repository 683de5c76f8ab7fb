import { open, readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageInput } from '../images/to-bytes.js';
import { linesOf } from './json-lines.js';
import { isManifestHead, manifestName } from './manifest.js';

/** A file to be imported, wherever it is. */
export interface ImportSource {
  /** Tells it from all others of the same import: its path, with `/`. */
  name: string;
  /** Bytes, where they are known. */
  size?: number | undefined;
  /** Asked for when its turn has come, and asked again when the import is begun anew. */
  read(): Promise<ImageInput> | ImageInput;
}

/** One of an exported folder, or what is wrong with it. */
export interface Incoming extends ImportSource {
  /** As the manifest says. */
  exported?: { id: string; format: string; sha256: string };
  /** There is nothing to be read, for this reason. */
  error?: PixstoreError;
}

/** The images of a folder that was exported; null when it is none. @throws PixstoreError `SOURCE_INVALID` */
export async function exportedImages(root: string): Promise<AsyncIterable<Incoming> | null> {
  const path = join(root, manifestName);
  try {
    const lines = linesOf(path);
    const first = await lines.next();
    await lines.return();
    if (isManifestHead(first.value?.value)) return incomingOf(root, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(cause);
  }
  return null;
}

async function* incomingOf(root: string, path: string): AsyncGenerator<Incoming> {
  let number = 0;
  for await (const { value } of linesOf(path)) {
    number += 1;
    if (number > 1) yield incomingOfLine(root, value, `${manifestName}, line ${number}`);
  }
}

function incomingOfLine(root: string, value: Record<string, unknown> | null, lineName: string): Incoming {
  const { id, file, format, sha256, bytes, error } = value ?? {};
  const name = typeof id === 'string' ? id : lineName;
  if (typeof error === 'string') return failing(name, notExported());
  const isWhole = [id, file, format, sha256].every((text) => typeof text === 'string');
  if (!isWhole || !isInside(file as string)) return failing(name, notOfManifest());
  return {
    name,
    size: typeof bytes === 'number' ? bytes : undefined,
    read: () => readOrSay(join(root, file as string)),
    exported: { id: id as string, format: format as string, sha256: sha256 as string },
  };
}

/** A manifest may come from anybody: no file outside of its folder is read. */
function isInside(file: string): boolean {
  const path = normalize(file);
  return !isAbsolute(path) && path !== '..' && !path.startsWith(`..${sep}`);
}

function failing(name: string, error: PixstoreError): Incoming {
  return { name, error, read: () => Promise.reject(error) };
}

/** All files of a folder and of those in it, in the order of their names; links are not followed. */
export async function* filesIn(root: string, folder = ''): AsyncGenerator<Incoming> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause) => {
    throw unreadable(cause);
  });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(root, name);
    if (entry.isFile()) yield { name, size: await sizeOf(join(root, name)), read: () => readOrSay(join(root, name)) };
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined, // told when it is read
  );
}

/** @throws PixstoreError `IMAGE_FILE_UNREADABLE` */
async function readOrSay(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unread(cause);
  }
}

export function unread(cause: unknown): PixstoreError {
  const { code, name } = (cause ?? {}) as NodeJS.ErrnoException;
  return new PixstoreError(
    'IMAGE_FILE_UNREADABLE',
    `The file cannot be read (${code ?? name}). Check that it is there, and who may read it, and import again.`,
    { cause },
  );
}

function unreadable(cause: unknown): PixstoreError {
  return new PixstoreError(
    'SOURCE_INVALID',
    `The folder that is to be imported cannot be read (${(cause as NodeJS.ErrnoException).code}). Nothing was changed; check its path, and who may read it.`,
    { cause },
  );
}

function notExported(): PixstoreError {
  return new PixstoreError(
    'IMAGE_NOT_FOUND',
    'The export could not decrypt this image, as its manifest says: there is no file of it. Look for it in a backup.',
  );
}

function notOfManifest(): PixstoreError {
  return new PixstoreError(
    'IMAGE_FILE_UNREADABLE',
    'This line of the manifest names no image with a file in its folder: it was changed, or is damaged. Correct it, and import again.',
  );
}
