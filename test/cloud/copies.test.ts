import { describe, expect, test } from 'vitest';
import { copyStore, createMemoryStore, listBackups, pruneBackups } from '../../src/backend/index.js';
import { filesBlobs } from '../../src/stores/files/files-blobs.js';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { backendOn, contentsOf, last, localIn } from '../contract/copies/places.js';
import { quickFolder } from '../fault/support/quick-folder.js';
import { photo } from '../support/photos.js';
import { resizing } from '../support/resizing.js';
import { s3Files, s3Server, useBucket } from '../support/s3/bucket.js';
import { smallPicture } from '../support/small-picture.js';
import { sharedPlace } from './postgres/place.js';

const cat = photo('cat.png');

/** A backend on SQLite and files, with some images. */
async function filled() {
  const processing = resizing({ widths: { thumb: 40 }, placeholders: true });
  const backend = backendOn(localIn(await quickFolder()), { processing });
  for (const id of ['a', 'b']) await backend.saveImage(cat, { dir: 'cats', id });
  for (let index = 0; index < 20; index += 1) await backend.saveImage(smallPicture(), { id: `id${index}` });
  await backend.deleteImage('id7');
  return backend;
}

describe.skipIf(!s3Server)('with rows in PostgreSQL and blobs on a real S3 server', () => {
  const { server, client, bucket, newPrefix } = useBucket();

  const openCloud = () => sharedPlace(undefined, s3Blobs({ client, bucket, prefix: newPrefix() })).open();

  test('a store moves there and back, whole', async () => {
    const here = await filled();
    const { backend: there, store } = openCloud();
    expect(await last(copyStore({ from: here, to: store }))).toMatchObject({ copied: 21, failures: [] });
    const contents = await contentsOf(here);
    expect(await contentsOf(there as typeof here)).toEqual(contents);
    expect(await store.check()).toEqual([]);
    await there.saveImage(cat, { dir: 'cats', id: 'c' });
    await there.deleteImages('cats');
    const back = localIn(await quickFolder());
    expect(await last(copyStore({ from: there as typeof here, to: back }))).toMatchObject({ copied: 19, failures: [] });
    expect(await contentsOf(backendOn(back))).toEqual(await contentsOf(there as typeof here));
    expect(await back.lastRemovedToken()).toBe(await store.lastRemovedToken());
  });

  test.each(['s3Blobs', 'filesBlobs'])('it is backed up by %s, and put back', async (kind) => {
    const { backend, store } = openCloud();
    await last(copyStore({ from: await filled(), to: store }));
    const prefix = newPrefix();
    const place =
      kind === 's3Blobs' ? s3Blobs({ client, bucket, prefix }) : filesBlobs({ files: s3Files(server, bucket), prefix });
    expect(await last(backend.backUpTo(place))).toMatchObject({ copied: 21, problems: [] });
    await backend.updateImage('id3', cat);
    expect(await last(backend.backUpTo(place))).toMatchObject({ done: 21, copied: 1 });
    await pruneBackups(place, { keep: 1 });
    expect(await listBackups(place)).toHaveLength(1);
    expect(await last(backend.verifyBackup(place))).toMatchObject({ sound: 21, damaged: [] });
    const contents = await contentsOf(backend as Awaited<ReturnType<typeof filled>>);
    const { backend: restored } = openCloud();
    expect(await last(restored.restoreFrom(place))).toMatchObject({ copied: 21, failures: [] });
    expect(await contentsOf(restored as Awaited<ReturnType<typeof filled>>)).toEqual(contents);
    const elsewhere = backendOn(createMemoryStore());
    await last(elsewhere.restoreFrom(place));
    expect(await contentsOf(elsewhere)).toEqual(contents);
  });
});
