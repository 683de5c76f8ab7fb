import { expect, test } from 'vitest';
import {
  createPieceReader,
  createPieceSet,
  createPieceWriter,
  piecesIn,
} from '../../../../src/backend/copies/backups/pieces.js';
import { openPlace } from '../../../../src/backend/copies/backups/place.js';
import type { Placement } from '../../../../src/backend/copies/backups/rows.js';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import type { BlobStore } from '../../../../src/stores/split/blob-store.js';
import { bytesOf } from '../../../../src/testing/versions.js';
import { failure } from '../../../support/errors.js';

const mebibyte = 1024 * 1024;

test('small ciphertexts share pieces, large ones have their own, and each is read back as it was', async () => {
  const place = openPlace(createMemoryBlobs());
  const writer = createPieceWriter(place, '0000000001-aabbccdd');
  const sizes = [100, 3 * mebibyte, 5 * mebibyte, 200, 3 * mebibyte, 3 * mebibyte, 0, 300];
  const parts = sizes.map((size, index) => bytesOf(`part ${index}`, size));
  const placed: Placement[] = [];
  for (const part of parts) placed.push(await writer.add(part));
  await writer.flush();
  expect(writer.packs().size).toBe(2);
  expect(new Set(placed.map(({ piece }) => piece)).size).toBe(3);
  const read = createPieceReader(place, writer.packs());
  for (const [index, placement] of placed.entries()) {
    const size = sizes[index] as number;
    expect(Buffer.compare(await read({ ...placement, size }), parts[index] as Uint8Array)).toBe(0);
  }
  const there = await piecesIn(place);
  expect(placed.every(({ piece }) => there.has(piece))).toBe(true);
});

test('a write that failed ends the next one, and the flush', async () => {
  const full: BlobStore = {
    ...createMemoryBlobs(),
    write: async () => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    },
  };
  const writer = createPieceWriter(openPlace(full), '0000000001-aabbccdd');
  await writer.add(bytesOf('large', 5 * mebibyte));
  await failure('BACKUP_FAILED', () => writer.flush());
  await failure('BACKUP_FAILED', () => writer.add(bytesOf('another', 10)));
});

test('a piece that is shorter than it was is damaged, and is read anew once it is mended', async () => {
  const blobs = createMemoryBlobs();
  const place = openPlace(blobs);
  const piece = '0000000001-aabbccdd/1';
  const read = createPieceReader(place, new Map([[piece, 20]]));
  await blobs.write(`data/${piece}`, bytesOf('piece', 19));
  const { message } = await failure('BACKUP_DAMAGED', () => read({ piece, at: 0, size: 5 }));
  expect(message).toContain(`data/${piece}`);
  await blobs.remove(`data/${piece}`);
  await blobs.write(`data/${piece}`, bytesOf('piece', 20));
  expect((await read({ piece, at: 15, size: 5 })).length).toBe(5);
});

test('a set of pieces has those that were added, and no others', () => {
  const set = createPieceSet();
  const names = [1, 7, 8, 9, 4_000, 99_999].map((number) => `0000000001-aabbccdd/${number}`);
  for (const name of names) set.add(name);
  expect(names.every(set.has)).toBe(true);
  for (const other of [0, 2, 10, 4_001, 1_000_000]) expect(set.has(`0000000001-aabbccdd/${other}`)).toBe(false);
  expect(set.has('0000000002-aabbccdd/1')).toBe(false);
});
