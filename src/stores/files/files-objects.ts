import type { Files, FilesError, StoredFile } from 'files-sdk';
import { failureOf } from '../objects/failures.js';
import type { ObjectStore } from '../objects/object-store.js';

const writtenAsName = 'pixstore-name';

// What fails is tried again by whoever calls; neither retries nor time-outs add up.
const once = { retries: 0, timeout: 0 };

/** An object store behind `files-sdk`. */
export function overFiles(files: Files): ObjectStore {
  async function orNull<Value>(request: Promise<Value>): Promise<Value | null> {
    try {
      return await request;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  return {
    async put(key, bytes, writtenAs, signal) {
      const { metadata, conditional } = files.capabilities;
      const options = { ...once, signal, ...(metadata && { metadata: { [writtenAsName]: writtenAs } }) };
      try {
        const { etag } = await (conditional.create
          ? files.upload(key, bytes, { ...options, condition: { type: 'create' } })
          : files.upload(key, bytes, options));
        return etag ? 'kept' : 'unconfirmed';
      } catch (error) {
        if (codeOf(error) === 'Conflict') return 'exists';
        throw error;
      }
    },

    async get(key, from, signal) {
      const hasRanges = files.capabilities.rangeRead;
      const range = from > 0 && hasRanges ? { range: { start: from } } : {};
      const file = await orNull(files.download(key, { ...once, ...range, as: 'stream', signal }));
      if (!file) return null;
      const skipped = from > 0 && !hasRanges ? from : 0;
      return {
        size: file.size - skipped,
        writtenAs: file.metadata?.[writtenAsName],
        body: skipped > 0 ? skip(bodyOf(file), skipped) : bodyOf(file),
      };
    },

    size: async (key, signal) => (await orNull(files.head(key, { ...once, signal })))?.size ?? null,

    async remove(key, signal) {
      await orNull(files.delete(key, { ...once, signal }));
    },

    async list(prefix, _after, cursor, signal) {
      const page = await files.list({ ...once, prefix, signal, ...(cursor !== undefined && { cursor }) });
      return { keys: page.items.map((item) => item.key), cursor: page.cursor };
    },

    failureOf(error) {
      const { code, cause, permanent } = error as Partial<FilesError>;
      const { name, status } = namedBy(cause ?? error);
      if (code === 'NotFound') return failureOf(error, 404, 'NoSuchBucket');
      if (code === 'Unauthorized') return failureOf(error, status ?? 403, name);
      if (code === 'ReadOnly' || permanent) return failureOf(error, status ?? 400, name ?? code);
      return failureOf(error, status, name);
    },
  };
}

const codeOf = (error: unknown) => (error as Partial<FilesError> | null)?.code;

/** Of an object. Whether it is the bucket that is missing not all tell: whoever looks for an object makes sure. */
function isNotFound(error: unknown): boolean {
  return codeOf(error) === 'NotFound' && namedBy((error as FilesError).cause).name !== 'NoSuchBucket';
}

function bodyOf(file: StoredFile): AsyncIterable<Uint8Array> {
  // Some open the object only now.
  return file.stream() as unknown as AsyncIterable<Uint8Array>;
}

async function* skip(body: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of body) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(left - piece.length, 0);
  }
}

/** Clients of object stores each have their own places for what went wrong. */
function namedBy(cause: unknown): { name: string | undefined; status: number | undefined } {
  const { name, code, status, statusCode, $metadata, cause: inner } = (cause ?? {}) as Record<string, unknown>;
  const innerCode = (inner as { code?: unknown } | undefined)?.code;
  const { httpStatusCode } = ($metadata ?? {}) as { httpStatusCode?: unknown };
  const isName = (value: unknown): value is string => typeof value === 'string' && value !== 'Error';
  const isStatus = (value: unknown): value is number => typeof value === 'number' && value >= 100;
  return {
    name: [code, innerCode, name].find(isName),
    status: [httpStatusCode, status, statusCode].find(isStatus),
  };
}
