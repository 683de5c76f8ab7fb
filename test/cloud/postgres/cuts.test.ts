import { expect, test } from 'vitest';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { ciphertextNames } from '../../support/split/blob-names.js';
import { cuttablePlace, examine } from './place.js';

/** Of 1 in `every` that ask for a change, or answer it. */
function losing(to: 'server' | 'client', every: number) {
  let pieces = 0;
  return (side: 'server' | 'client') => (side === to && ++pieces % every === 0 ? 'lose' : 'pass') as 'lose' | 'pass';
}

const picture = (size: number) => withMorePixels(smallPicture(), Buffer.alloc(size, 9));

test.each([
  ['before they arrive', 'server', 5],
  ['when they are committed, and before that is told', 'client', 5],
] as const)(
  'connections that are cut in the middle of changes, %s: nobody notices, and nothing is lost or done twice',
  async (_, to, every) => {
    const { open, proxy, blobs } = await cuttablePlace();
    const { backend, store } = open({ pool: { max: 4 } });
    const kept = new Map<string, Buffer>();
    await backend.saveImage(smallPicture(), 'a');
    proxy.onPiece = losing(to, every);
    const images = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const image = picture(index % 2 ? 20_000 : 500);
        const { id } = await backend.saveImage(image, index % 3 ? 'a' : 'b');
        kept.set(id, image);
        return id;
      }),
    );
    await Promise.all(
      images.slice(0, 12).map(async (id, index) => {
        const image = picture(index % 2 ? 700 : 30_000);
        await backend.updateImage(id, image);
        kept.set(id, image);
      }),
    );
    for (const [id, image] of kept)
      expect(Buffer.compare((await backend.readImage(id))?.bytes ?? Buffer.alloc(0), image)).toBe(0);
    await backend.deleteImages('b');
    proxy.onPiece = undefined;

    const found = await examine({ open });
    const left = images.filter((id) => id.startsWith('a:'));
    expect(found.ids).toHaveLength(left.length + 1);
    expect(found.usage.images).toBe(left.length + 1);
    expect(found.problems).toEqual([]);
    let placed = 0;
    for (const id of left) placed += ((await store.record(id))?.size ?? 0) > 10_000 ? 1 : 0;
    expect(await ciphertextNames(blobs)).toHaveLength(placed);
  },
);

test('a removal whose answer was lost is told as uncertain, or is known to be done', async () => {
  const { open, proxy } = await cuttablePlace();
  const { backend } = open({ pool: { max: 1 } });
  const { id } = await backend.saveImage(smallPicture());
  let isSent = false;
  proxy.onPiece = (side, piece) => {
    if (side === 'server') isSent ||= piece.includes('.remove_');
    if (side === 'server' || !isSent) return 'pass';
    proxy.onPiece = undefined;
    return 'lose';
  };
  await expect(backend.deleteImage(id)).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('may have been done'),
  });
  expect(await backend.getImageRecords([id])).toEqual([null]);
});

test('a network that is parted for a while is waited for, and for longer it is told', async () => {
  const { open, proxy } = await cuttablePlace();
  const { backend } = open({ rows: { timeout: 3_000 } });
  const { id } = await backend.saveImage(smallPicture());
  proxy.part();
  const reading = backend.readImage(id);
  const saving = backend.saveImage(smallPicture());
  setTimeout(proxy.mend, 300);
  expect((await reading)?.token).toBeGreaterThan(0);
  expect((await saving).id).toBeTruthy();

  proxy.part();
  const { backend: impatient } = open({ rows: { timeout: 300 } });
  await expect(impatient.readImage(id)).rejects.toMatchObject({
    code: expect.stringMatching(/^STORAGE_FAILED|STORE_TIMEOUT$/),
    message: expect.stringContaining('reached'),
  });
  await expect(impatient.saveImage(smallPicture())).rejects.toMatchObject({ code: expect.stringMatching(/^STOR/) });
  proxy.mend();
  expect((await impatient.readImage(id))?.token).toBeGreaterThan(0);
});

test('a server that hangs ends in a time-out', async () => {
  const { open, proxy } = await cuttablePlace();
  const { backend } = open({ rows: { timeout: 500 }, pool: { max: 2 } });
  const { id } = await backend.saveImage(smallPicture());
  proxy.onPiece = () => 'hold';
  await expect(backend.readImage(id)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' });
  proxy.onPiece = undefined;
  expect((await backend.readImage(id))?.token).toBeGreaterThan(0);
});

test('a server that ends a connection in the moment in which it is lent ends no process', async () => {
  const { open, proxy } = await cuttablePlace();
  const { backend } = open({ pool: { max: 4 } });
  const fields = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', ''];
  const text = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const end = Buffer.alloc(5, 'E');
  end.writeUInt32BE(4 + text.length, 1);
  const isReady = (piece: Buffer) => Buffer.compare(piece.subarray(-6), Buffer.from('Z\0\0\0\x05I')) === 0;
  let ended = 0;
  // In one piece, so that no promise is looked at between the two.
  proxy.onPiece = (side, piece) => {
    if (side === 'server' || !isReady(piece) || ended === 3) return 'pass';
    ended += 1;
    return Buffer.concat([piece, end, text]);
  };
  const { id } = await backend.saveImage(smallPicture());
  expect(ended).toBe(3);
  expect(await backend.readImage(id)).not.toBe(null);
});
