import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ImportSource, PixstoreError } from '../backend/index.js';

/** As much of a `Files` of the package files-sdk as is used here. Whoever names one has installed it. */
interface Bucket {
  listAll(options: { prefix?: string }): AsyncIterable<{ key: string; size: number }>;
  download(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
}

/**
 * What a module lists: its default export is a `Files` of files-sdk, or an iterable of `{ name, size?, read() }`, or a
 * function that returns one of these, or promises to.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
export async function listedBy(file: string, prefix: string | undefined): Promise<AsyncIterable<ImportSource>> {
  const name = basename(file);
  let exported: unknown;
  try {
    ({ default: exported } = await import(pathToFileURL(resolve(file)).href));
    if (typeof exported === 'function') exported = await exported();
  } catch (cause) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The file ${name} of --from could not be loaded (${(cause as NodeJS.ErrnoException).code ?? (cause as Error)?.name}); --verbose says more.`,
      { cause },
    );
  }
  if (isBucket(exported)) return filesOf(exported, prefix);
  if (isIterable(exported) && prefix === undefined) return exported;
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The file ${name} of --from must export a Files of files-sdk, or what lists { name, read() }; --prefix is for the former.`,
  );
}

async function* filesOf(bucket: Bucket, prefix: string | undefined): AsyncGenerator<ImportSource> {
  for await (const { key, size } of bucket.listAll(prefix === undefined ? {} : { prefix })) {
    yield { name: key, size, read: async () => (await bucket.download(key)).arrayBuffer() };
  }
}

/**
 * Looks whether a source is there, before a store is made for what is in it: a name that was mistyped must not leave an
 * empty one.
 *
 * @throws PixstoreError `SOURCE_INVALID`
 */
export function requireSource(path: string, kind: 'file' | 'folder'): void {
  if (kindOf(path) === kind) return;
  throw new PixstoreError(
    'SOURCE_INVALID',
    `There is no ${kind} ${basename(path)} to take images from, or it cannot be looked at. Nothing was changed; check its path.`,
  );
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

function isBucket(value: unknown): value is Bucket {
  const { listAll, download } = (value ?? {}) as Partial<Bucket>;
  return typeof listAll === 'function' && typeof download === 'function';
}

function isIterable(value: unknown): value is AsyncIterable<ImportSource> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
