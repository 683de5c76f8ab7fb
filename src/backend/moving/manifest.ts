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

export function isManifestHead(value: unknown): value is ManifestHead {
  const { pixstore, version } = (value ?? {}) as Partial<ManifestHead>;
  return pixstore === 'export' && version === 1;
}
