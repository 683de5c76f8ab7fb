import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { findDriver } from '../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../src/stores/local/local-store.js';
import { quietLogger } from '../../support/backend.js';
import { copyOf } from '../../support/folders.js';
import { newKey, oldKey } from '../../support/keys.js';
import { makePicture } from '../kill/picture.mjs';
import { quickFolder } from '../support/quick-folder.js';
import { createRandom } from '../support/random.mjs';

const folders = 2_000;
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789_-';

/** How many pieces of 16 bytes, two at the end of each of these, are anywhere. Their beginnings say what is no secret. */
function countFound(content: Buffer, secrets: readonly Uint8Array[]): number {
  const pieces = new Map<number, Buffer[]>();
  for (const bytes of secrets) {
    for (const end of [bytes.length - 16, bytes.length]) {
      const piece = Buffer.from(bytes).subarray(end - 16, end);
      const start = piece.readUInt32LE(0);
      pieces.set(start, [...(pieces.get(start) ?? []), piece]);
    }
  }
  const found = new Set<Buffer>();
  for (let at = 0; at + 16 <= content.length; at += 1) {
    for (const piece of pieces.get(content.readUInt32LE(at)) ?? []) {
      if (content.compare(piece, 0, 16, at, at + 16) === 0) found.add(piece);
    }
  }
  return found.size;
}

test('of keys of folders that were erased, and of all keys before an exchange after a leak, nothing is left on the disk', async () => {
  const folder = await quickFolder();
  const random = createRandom(1);
  const open = (masterKey: string[]): PixstoreBackend =>
    createPixstoreBackend({
      store: openLocalStore({
        databasePath: join(folder, 'db.sqlite'),
        imageRootDir: join(folder, 'images'),
        inlineUpTo: 1_000,
        writer: 'inline',
        logger: quietLogger(),
      }),
      masterKey,
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
    });
  const rows = (sql: string) => {
    const database = findDriver()(join(folder, 'db.sqlite'));
    const found = database.prepare(sql).all();
    database.close();
    return found;
  };
  const wrappedKeys = () =>
    new Map(
      rows('SELECT folder, wrapped FROM folder_keys').map((row) => [String(row.folder), row.wrapped as Uint8Array]),
    );
  const sealedKeys = () => rows('SELECT sealed_key FROM parts').map((row) => row.sealed_key as Uint8Array);
  const ringKeys = () =>
    rows('SELECT bytes FROM key_ring').flatMap(({ bytes }) =>
      JSON.parse(Buffer.from(bytes as Uint8Array).toString()).keys.map(({ wrapped }: { wrapped: string }) =>
        Buffer.from(wrapped),
      ),
    );

  const backend = open([oldKey]);
  const names = Array.from({ length: folders }, (_, index) => {
    const length = 1 + random.below(50);
    return `${Array.from({ length }, () => letters[random.below(letters.length)]).join('')}${index}`;
  });
  const save = (dir: string, index: number) => {
    const size = index % 50 === 0 ? 3_000 : 60 + random.below(700);
    return backend.saveImage(makePicture(`${dir} ${index}`, size), { dir });
  };
  const erased = new Map<string, Uint8Array>();
  for (let at = 0; at < folders; at += 100) {
    await Promise.all(names.slice(at, at + 100).flatMap((dir) => [save(dir, at), save(dir, at + 1)]));
    // Later ones come in between, and those that were there before have more by then.
    await Promise.all(Array.from({ length: 50 }, (_, index) => save(names[random.below(at + 100)] as string, index)));
    const doomed = Array.from({ length: 10 }, () => names[random.below(at + 100)] as string);
    const keys = wrappedKeys();
    for (const dir of new Set(doomed)) {
      const key = keys.get(dir);
      if (key?.some((byte) => byte !== 0)) erased.set(`${dir} ${Buffer.from(key).toString('hex')}`, key);
      await backend.deleteImages(dir);
    }
  }
  // While the server runs: as soon as the log was emptied.
  const secrets = [...erased.values()];
  await vi.waitFor(() => expect(statSync(join(folder, 'db.sqlite-wal')).size).toBe(0), { timeout: 10_000 });
  const leftWhileRunning = countFound(copyOf(folder), secrets);
  await backend.close();
  const left = countFound(copyOf(folder), secrets);

  const keysBefore = [...wrappedKeys().values()].filter((key) => key.some((byte) => byte !== 0));
  const boxesBefore = sealedKeys();
  const ringBefore = ringKeys();
  expect(countFound(copyOf(folder), keysBefore)).toBe(2 * keysBefore.length);
  const rotating = open([newKey, oldKey]);
  for await (const { damaged } of rotating.rotateMasterKey({ compromised: true })) expect(damaged).toBe(0);
  await rotating.close();
  const content = copyOf(folder);
  const leftOfKeys = countFound(content, keysBefore);
  const leftOfBoxes = countFound(content, boxesBefore);
  const leftOfRing = countFound(content, ringBefore);
  console.log(
    [
      `keys of erased folders: ${secrets.length}, found while running: ${leftWhileRunning}, once closed: ${left}`,
      `before an exchange after a leak: keys of folders ${keysBefore.length}, found ${leftOfKeys};`,
      `boxes of images ${boxesBefore.length}, found ${leftOfBoxes}; keys of the ring ${ringBefore.length}, found ${leftOfRing}`,
    ].join('\n'),
  );
  expect(secrets.length).toBeGreaterThan(150);
  expect([leftWhileRunning, left, leftOfKeys, leftOfBoxes, leftOfRing]).toEqual([0, 0, 0, 0, 0]);
});
