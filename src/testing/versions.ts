import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import type { ImageVersion, OpenedPart, PartRecord, StoredPart } from '../backend/storage/port.js';

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
  const parts = [id, ...variants.map((variant) => `${id}.${variant}`)].map((partId) => {
    const seed = `${partId}@${token}`;
    return {
      id: partId,
      sealedKey: bytesOf(`${seed} key`, 69),
      iv: bytesOf(`${seed} iv`, 12),
      tag: bytesOf(`${seed} tag`, 16),
      ciphertext: bytesOf(seed, size),
    };
  });
  return { id, token, parts };
}

/** The part is exactly the one of this version, in every byte. */
export function assertStored(found: StoredPart | null, version: ImageVersion, partId = version.id): void {
  assertRecord(found, version, partId);
  assertBytes(found?.ciphertext, partOf(version, partId).ciphertext, 'ciphertext');
}

/** Reads an opened part to its end; every chunk has its bytes still when all were read. */
export async function readToEnd(part: OpenedPart | null): Promise<StoredPart | null> {
  if (!part) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of part.chunks()) chunks.push(chunk);
  return { ...part, ciphertext: Buffer.concat(chunks) };
}

export function assertRecord(found: PartRecord | null, version: ImageVersion, partId = version.id): void {
  assert.ok(found, `${partId} was not found`);
  const part = partOf(version, partId);
  assert.equal(found.id, partId);
  assert.equal(found.token, version.token);
  assert.equal(found.size, part.ciphertext.length);
  assertBytes(found.sealedKey, part.sealedKey, 'sealedKey');
  assertBytes(found.iv, part.iv, 'iv');
  assertBytes(found.tag, part.tag, 'tag');
}

function partOf(version: ImageVersion, partId: string) {
  const part = version.parts.find(({ id }) => id === partId);
  assert.ok(part);
  return part;
}

function assertBytes(found: Uint8Array | undefined, expected: Uint8Array, field: string): void {
  assert.ok(found instanceof Uint8Array, `${field} is not bytes`);
  assert.ok(Buffer.compare(found, expected) === 0, `${field} has other bytes than were put`);
}
