import { describe, expect, test } from 'vitest';
import { openPlace } from '../../../../src/backend/copies/backups/place.js';
import { createRowLookUp } from '../../../../src/backend/copies/backups/row-look-up.js';
import { type BackupRow, decodeRow, encodeRow, readRows } from '../../../../src/backend/copies/backups/rows.js';
import {
  createSegmentWriter,
  decodeSegment,
  encodeSegment,
  type Segment,
} from '../../../../src/backend/copies/backups/segments.js';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import { bytesOf } from '../../../../src/testing/versions.js';
import { failure } from '../../../support/errors.js';

const piece = '0000000001-aabbccdd/1';

const rowOf = (id: string): BackupRow => ({
  id,
  token: 1_000,
  parts: [
    {
      ...{ variant: undefined, size: 10, piece, at: 0 },
      sealedKey: bytesOf(`${id} key`, 90),
      iv: bytesOf(`${id} iv`, 12),
      tag: bytesOf(`${id} tag`, 16),
      digest: bytesOf(`${id} digest`, 32),
    },
  ],
});

const idsTo = (count: number) => Array.from({ length: count }, (_, index) => `id${String(index).padStart(5, '0')}`);

async function written(ids: readonly string[], place = openPlace(createMemoryBlobs())) {
  const writer = createSegmentWriter(place);
  for (const id of ids) await writer.add(rowOf(id));
  await writer.end(ids.at(-1) ?? '');
  return { place, segments: writer.segments() };
}

describe('segments', () => {
  test('have some hundred images each, and follow one another', async () => {
    const { segments } = await written(idsTo(5_000));
    expect(segments.length).toBeGreaterThan(4);
    expect(segments.reduce((sum, { images }) => sum + images, 0)).toBe(5_000);
    for (const [index, { after }] of segments.entries()) expect(after).toBe(segments[index - 1]?.last ?? '');
  });

  test('are the same but for those in which an image comes or goes', async () => {
    const ids = idsTo(5_000);
    const { place, segments } = await written(ids);
    const changed = await written([...ids.slice(0, 2_000), 'id02000a', ...ids.slice(2_001)].sort(), place);
    const names = new Set(segments.map(({ name }) => name));
    expect(changed.segments.filter(({ name }) => !names.has(name)).length).toBeLessThanOrEqual(2);
  });

  test('come through a head as they were, and what is none is refused', async () => {
    const { segments } = await written(idsTo(10));
    const [segment] = segments as [Segment];
    expect(segment.uses).toEqual(new Map([[piece, 100]]));
    const text = JSON.parse(JSON.stringify(encodeSegment(segment)));
    expect(decodeSegment(text)).toEqual(segment);
    for (const wrong of [null, 5, { ...text, name: '../x' }, { ...text, images: -1 }, { ...text, uses: undefined }]) {
      expect(decodeSegment(wrong) === null).toBe(true);
    }
  });

  test('are looked up by ids that ascend, those that are damaged without a row', async () => {
    const blobs = createMemoryBlobs();
    const ids = idsTo(3_000);
    const { place, segments } = await written(ids, openPlace(blobs));
    await blobs.remove(`rows/${segments[1]?.name}`);
    const look = createRowLookUp(place, segments);
    const found: string[] = [];
    for (const id of ['a', ...ids, 'z']) if (await look(id)) found.push(id);
    const gone = ids.filter((id) => id > (segments[1]?.after ?? '') && id <= (segments[1]?.last ?? ''));
    expect(found).toEqual(ids.filter((id) => !gone.includes(id)));
    await failure('BACKUP_DAMAGED', () => readRows(place, segments[1]?.name ?? ''));
  });
});

describe('rows', () => {
  test('are read as they were written', () => {
    const row = rowOf('cats:tom');
    const variant = { ...row.parts[0], variant: 'thumb' } as BackupRow['parts'][number];
    const both = { ...row, parts: [...row.parts, variant] };
    const decoded = decodeRow(JSON.parse(encodeRow(both)));
    expect(decoded?.parts.map((part) => part.variant)).toEqual([undefined, 'thumb']);
    expect(Buffer.compare(decoded?.parts[1]?.sealedKey as Uint8Array, variant.sealedKey)).toBe(0);
    expect(decoded).toMatchObject({ id: 'cats:tom', token: 1_000 });
  });

  test('that pixstore never wrote are none, whatever their checksum', () => {
    const text = JSON.parse(encodeRow(rowOf('cats:tom')));
    const [part] = text.parts;
    const wrong = [
      { ...text, id: '../../etc' },
      { ...text, id: 'cats:tom.thumb' },
      { ...text, token: -1 },
      { ...text, parts: [] },
      { ...text, parts: [{ ...part, piece: '../x/1' }] },
      { ...text, parts: [{ ...part, piece: `${piece}${'0'.repeat(9)}` }] },
      { ...text, parts: [{ ...part, variant: 'UP' }] },
      { ...text, parts: [{ ...part, at: -1 }] },
      { ...text, parts: [{ ...part, iv: 5 }] },
    ];
    expect(wrong.map(decodeRow).filter((row) => row !== null)).toEqual([]);
  });
});
