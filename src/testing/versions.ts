import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import type { ImageStore, ImageVersion, OpenedPart, PartRecord, StoredPart } from '../stores/port.js';

/** Sizes on both sides of where stores may change how they keep a ciphertext. */
export const sizes = { empty: 0, small: 5_000, medium: 100_000, large: 300_000 };

/** Bytes that differ for every seed, the same on every call. */
export function bytesOf(seed: string, length: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  return new Uint8Array(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length)));
}

/** A version whose every field tells id, token and variant, so that a mix of two versions is noticed. */
export function versionOf(
  id: string,
  token: number,
  size = sizes.small,
  variants: readonly string[] = [],
): ImageVersion {
  const parts = [undefined, ...variants].map((variant) => {
    const seed = `${id}.${variant}@${token}`;
    return {
      variant,
      sealedKey: bytesOf(`${seed} key`, 69),
      iv: bytesOf(`${seed} iv`, 12),
      tag: bytesOf(`${seed} tag`, 16),
      ciphertext: bytesOf(seed, size),
    };
  });
  return { id, token, parts };
}

/** The part is exactly the one of this version, in every byte. */
export function assertStored(found: StoredPart | null, version: ImageVersion, variant?: string): void {
  assertRecord(found, version, variant);
  assertBytes(found?.ciphertext, partOf(version, variant).ciphertext, 'ciphertext');
}

/** A part of an image, whole. */
export async function readPart(
  store: Pick<ImageStore, 'open'>,
  id: string,
  variant?: string,
): Promise<StoredPart | null> {
  return readToEnd(await store.open(id, variant, { inMemoryUpTo: Number.POSITIVE_INFINITY }));
}

/** Reads an opened part to its end; every chunk has its bytes still when all were read. */
export async function readToEnd(part: OpenedPart | null): Promise<StoredPart | null> {
  if (!part) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of part.chunks()) chunks.push(chunk);
  return { ...part, ciphertext: Buffer.concat(chunks) };
}

export function assertRecord(found: PartRecord | null, version: ImageVersion, variant?: string): void {
  assert.ok(found, `${version.id} was not found, or not its variant ${variant}`);
  const part = partOf(version, variant);
  assert.equal(found.id, version.id);
  assert.equal(found.variant, variant);
  assert.equal(found.token, version.token);
  assert.equal(found.size, part.ciphertext.length);
  assertBytes(found.sealedKey, part.sealedKey, 'sealedKey');
  assertBytes(found.iv, part.iv, 'iv');
  assertBytes(found.tag, part.tag, 'tag');
}

function partOf(version: ImageVersion, wanted: string | undefined) {
  const part = version.parts.find(({ variant }) => variant === wanted);
  assert.ok(part);
  return part;
}

function assertBytes(found: Uint8Array | undefined, expected: Uint8Array, field: string): void {
  assert.ok(found instanceof Uint8Array, `${field} is not bytes`);
  assert.ok(Buffer.compare(found, expected) === 0, `${field} has other bytes than were put`);
}
