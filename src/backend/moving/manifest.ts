import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** What is in an exported folder, a line of JSON each: first {@link ManifestHead}, then a {@link ManifestLine} for each image. */
export const manifestName = 'manifest.jsonl';

export interface ManifestHead {
  pixstore: 'export';
  version: 1;
  /** The folder whose images these are; null: all. */
  dir: string | null;
  /** Are files of variants among them? */
  variants: boolean;
}

/** A file of a part. */
export interface ManifestFile {
  /** Its path in the folder, with `/`. */
  file: string;
  format: string;
  /** In pixels; left out when it is not known. */
  width?: number | undefined;
  height?: number | undefined;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

export interface ManifestImage extends ManifestFile {
  id: string;
  token: number;
  variants: (ManifestFile & { name: string })[];
}

/** An image that could not be decrypted has its code in place of a file. */
export type ManifestLine = ManifestImage | { id: string; error: string };

/** A line of JSON. */
export interface JsonLine {
  /** Null when it is no object of JSON. What is in it is not believed yet. */
  value: Record<string, unknown> | null;
  /** Where it ends, in bytes. */
  end: number;
  /** False: the line break is missing, as of one that a crash cut off. */
  isWhole: boolean;
}

/** The lines of a file. */
export async function* linesOf(path: string): AsyncGenerator<JsonLine, void, void> {
  const { size } = await stat(path);
  let end = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    end += Buffer.byteLength(line) + 1;
    yield { value: parse(line), end, isWhole: end <= size };
  }
}

function parse(line: string): JsonLine['value'] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

export function isManifestHead(value: unknown): value is ManifestHead {
  const { pixstore, version } = (value ?? {}) as Partial<ManifestHead>;
  return pixstore === 'export' && version === 1;
}
