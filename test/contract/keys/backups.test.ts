import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { newKey, oldKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';
import { ask, drain, keyPlace } from './place.js';

const cat = photo('cat.png');
const hubble = photo('hubble.jpg'); // in a file of its own

/** Every image of a backup opens with one of the keys, and comes whole. */
async function expectWhole(backup: PixstoreBackend): Promise<number> {
  let images = 0;
  for await (const id of backup.store.list()) {
    expect(await ask(backup, backup.getImageRecord(id) as ImageRecord), id).toBe(0);
    images += 1;
  }
  return images;
}

describe('a backup', () => {
  test('made while images are updated and folders begun has the keys of all that it has', async () => {
    const { folder, open } = await keyPlace();
    const backend = open(oldKey);
    const ids = Array.from({ length: 30 }, (_, index) => `id${index}`);
    await Promise.all(ids.map((id) => backend.saveImage(hubble, { dir: 'a', id })));
    let isDone = false;
    const backup = backend.backup(join(folder, 'backup')).finally(() => {
      isDone = true;
    });
    for (let index = 0; !isDone; index += 1) {
      await backend.deleteImages('a');
      await Promise.all(ids.slice(0, 5).map((id) => backend.saveImage(hubble, { dir: 'a', id })));
      await backend.saveImage(hubble, { dir: `b${index}` });
    }
    expect((await backup)?.problems).toEqual([]);
    const copy = open(oldKey, {
      databasePath: join(folder, 'backup', 'pixstore.sqlite'),
      imageRootDir: join(folder, 'backup', 'images'),
    });
    await expectWhole(copy);
    expect(await copy.store.check()).toMatchObject([{ kind: 'not-adopted' }]);
  });

  test.each([false, true])(
    'made while the master key is exchanged (compromised: %s) is whole, or says it is not',
    async (compromised) => {
      const { folder, open } = await keyPlace();
      const backend = open([newKey, oldKey]);
      const ids = Array.from({ length: 20 }, (_, index) => `id${index}`);
      await Promise.all(ids.map((id) => backend.saveImage(index(id) % 2 ? hubble : cat, { dir: 'a', id })));
      const made: string[] = [];
      const backups = Array.from({ length: 6 }, async (_, number) => {
        for (let waited = 0; waited < number * 3; waited += 1) await new Promise(setImmediate);
        const target = join(folder, `backup${number}`);
        const done = await backend.backup(target).catch((error) => {
          expect(error.code).toBe('BACKUP_FAILED');
          return null;
        });
        if (done) made.push(target);
      });
      const updating = (async () => {
        for (let round = 0; round < 10; round += 1) await backend.updateImage(`a:id${round}`, hubble);
      })();
      await Promise.all([drain(backend.rotateMasterKey({ compromised })), updating, ...backups]);
      expect(made.length).toBeGreaterThan(0);
      for (const target of made) {
        const copy = open([newKey, oldKey], {
          databasePath: join(target, 'pixstore.sqlite'),
          imageRootDir: join(target, 'images'),
        });
        expect(await expectWhole(copy)).toBe(20);
        await copy.close();
      }
    },
  );
});

const index = (id: string) => Number(id.slice(2));
