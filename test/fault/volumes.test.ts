import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { versionOf } from '../../src/testing/versions.js';
import { copyingPlace, expectWhole, large, save } from './support/copies.js';
import { canMount, mountDisk } from './support/mounts.js';

const small = (id: string) => versionOf(id, 1_000, 100);

describe('a volume that is not mounted, of a store whose images are all in rows', () => {
  test('is noticed before anything is made in its place: what was saved meanwhile is not lost when it is back', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await store.put(small('thumb'), null);
    await store.close();
    renameSync(here.images, here.path('volume'));
    let refused = '';
    try {
      const again = here.open();
      await again.put(large('photo'), null);
      await again.close();
    } catch (error) {
      refused = String((error as { code: unknown }).code);
    }
    const madeAnew = existsSync(here.images);
    rmSync(here.images, { recursive: true, force: true }); // hidden below the volume that is mounted again
    renameSync(here.path('volume'), here.images);
    expect({ refused, madeAnew }).toEqual({ refused: 'IMAGE_DIR_MISSING', madeAnew: false });
  });
});

describe.skipIf(!canMount)('a volume that is read-only for a while', () => {
  test('health says so, nothing is lost, and all goes on afterwards', async () => {
    const here = await copyingPlace();
    mountDisk(here.images);
    const store = here.open();
    await save(store, 'a', 'b');
    await store.put(small('s'), null);
    execFileSync('mount', ['-o', 'remount,ro', here.images]);
    await expect(store.put(large('c', 2_000), null)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const status = (await store.health?.())?.status;
    await expectWhole(store, 'a', 'b');
    expect(await store.remove('a')).toBe(true);
    execFileSync('mount', ['-o', 'remount,rw', here.images]);
    expect(await store.put(large('c', 2_000), null)).toBe(true);
    await expectWhole(store, 'b');
    await here.sweepForDays(store);
    await store.close();
    expect(status).not.toBe('ok');
  });
});

describe('a backup', () => {
  test.skipIf(!canMount)('onto a disk of its own, by its mount point, is made', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    mountDisk(here.path('disk'));
    await expect(store.backup?.(here.path('disk'))).resolves.toMatchObject({ images: 1 });
    await store.close();
  });

  test.skipIf(!canMount)('onto a disk that is too small says so, and leaves nothing', async () => {
    const here = await copyingPlace();
    const store = here.open();
    for (let i = 0; i < 30; i += 1) await store.put(versionOf(`i${i}`, 1_000, 30_000), null);
    mountDisk(here.path('disk'), 'size=400k');
    await expect(store.backup?.(here.path('disk/today'))).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(readdirSync(here.path('disk'))).toEqual([]);
    await store.close();
  });

  test('whose draft a second one removes and begins anew: it is not called made with no image in it', async () => {
    const here = await copyingPlace();
    const store = here.open();
    const ids = Array.from({ length: 300 }, (_, i) => `i${i}`);
    await save(store, ...ids);
    await store.close();
    const dist = String(new URL('../../dist/stores/local/local-store.js', import.meta.url));
    // What a second process does first when it makes a backup of the same name, once the first one's snapshot is made.
    const program = `
      const { openLocalStore } = await import(${JSON.stringify(dist)});
      const { existsSync, rmSync, mkdirSync } = await import('node:fs');
      const store = openLocalStore({ databasePath: ${JSON.stringify(here.path('db.sqlite'))}, imageRootDir: ${JSON.stringify(here.images)}, inlineUpTo: 1000 });
      const draft = ${JSON.stringify(here.path('backup.partial'))};
      process.on('worker', (worker) => worker.on('message', () => {
        if (!existsSync(draft + '/pixstore.sqlite')) return;
        rmSync(draft, { recursive: true });
        mkdirSync(draft + '/images', { recursive: true });
      }));
      const making = store.backup(${JSON.stringify(here.path('backup'))}).then(({ images }) => images, ({ code }) => code);
      console.log(await making); process.exit();`;
    const said = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    }).stdout.trim();
    expect(said).not.toBe('0');
    if (said === '300') expect(existsSync(here.path('backup/pixstore.sqlite'))).toBe(true);
  });
});

describe('adopting again and again', () => {
  test('while two others save: nothing is lost, and no save fails', async () => {
    const here = await copyingPlace();
    const [one, two, three] = [here.open(), here.open(), here.open()];
    const ids = Array.from({ length: 60 }, (_, i) => `i${i}`);
    const saving = Promise.all(ids.map((id, i) => (i % 2 ? one : two).put(large(id), null)));
    for (let i = 0; i < 3; i += 1) await three.adopt?.();
    expect((await saving).every(Boolean)).toBe(true);
    await here.sweepForDays(three);
    await expectWhole(three, ...ids);
    for (const store of [one, two, three]) await store.close();
  });
});
