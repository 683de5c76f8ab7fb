import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ImageRecord } from '../../src/types/index.js';
import { masterKey, openBackend } from '../support/backend.js';
import { copyOf, temporaryFolder } from '../support/folders.js';
import { markedPicture } from '../support/marked-picture.js';

// In rows and in files of their own, and so large that they are encrypted and written piece by piece.
const sizes = [300, 8_000, 60_000, 70_000, 1_300_000];

/** 32 bytes in every form in which they could have been written down. */
function formsOf(bytes: Buffer): Buffer[] {
  return [bytes, ...(['base64', 'base64url', 'hex'] as const).map((form) => Buffer.from(bytes.toString(form)))];
}

test('who copies the disk again and again while images are saved, updated and deleted has no picture and no key', async () => {
  const backend = await openBackend();
  const mark = randomBytes(16);
  const secrets: Buffer[] = formsOf(Buffer.from(masterKey, 'base64'));
  const copies: Buffer[] = [];

  function note(record: ImageRecord | null): string {
    if (!record) throw new Error('The backend returned null.');
    secrets.push(...formsOf(Buffer.from(record.meta.key, 'base64')), Buffer.from(record.statelessProof));
    return record.id;
  }

  async function live(size: number): Promise<void> {
    const id = note(await backend.saveImage(markedPicture(mark, size), { audience: 'anna' }));
    copies.push(copyOf(backend.folder));
    note(await backend.updateImage(id, markedPicture(mark, size)));
    note(backend.getImageRecord(id, { audience: 'boris' }));
    if (size % 3 === 0) await backend.deleteImage(id);
  }

  for (let round = 0; round < 4; round += 1) await Promise.all(sizes.map(live));
  const backup = join(await temporaryFolder(), 'backup');
  await backend.backup(backup);
  copies.push(copyOf(backend.folder), copyOf(backup));
  await backend.close();
  copies.push(copyOf(backend.folder));

  expect(copies.length).toBeGreaterThan(20);
  expect(Math.max(...copies.map(({ length }) => length))).toBeGreaterThan(4 * 1_300_000);
  for (const copy of copies) {
    expect(copy.includes(mark)).toBe(false);
    expect(secrets.filter((secret) => copy.includes(secret))).toEqual([]);
  }
});
