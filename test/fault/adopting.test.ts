import { execFileSync } from 'node:child_process';
import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPart } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { copyingPlace, expectWhole, large, save } from './support/copies.js';
import { canMount, mountDisk } from './support/mounts.js';

describe.skipIf(!canMount)('an adoption that fails, since the disk of the images is full', () => {
  test('leaves the store as it was: not adopted, and the other one loses nothing', async () => {
    const here = await copyingPlace();
    mountDisk(here.images, 'size=400k');
    const first = here.open();
    await save(first, 'a', 'b');
    here.copyDatabase('copy.sqlite');
    const copy = here.open('copy.sqlite');
    try {
      writeFileSync(join(here.images, 'filler'), new Uint8Array(1_000_000));
    } catch {
      // full
    }
    let failed = false;
    await copy.adopt?.().catch(() => {
      failed = true;
    });
    expect(failed).toBe(true);
    await copy.remove('a');
    await first.put(
      { ...large('still'), parts: large('still').parts.map((p) => ({ ...p, ciphertext: new Uint8Array(5) })) },
      null,
    ); // is not shut out
    await expectWhole(first, 'a', 'b');
    await copy.close();
    await first.close();
  });
});

describe('the store that was copied', () => {
  test('stays the right one when the copy, not adopted, saves before its folder', async () => {
    const here = await copyingPlace();
    const first = here.open();
    await save(first, 'a', 'b');
    here.copyDatabase('copy.sqlite');
    const copy = here.open('copy.sqlite'); // a dump, looked at elsewhere
    expect((await copy.health?.())?.status).toBe('degraded');
    await save(copy, 'x');
    await copy.close();
    await first.sweep();
    expect(await first.health?.()).toEqual({ status: 'ok', problems: [] });
    await first.close();
  });
});

describe('a check', () => {
  test.each(['link', 'pipe'])('finds a %s in place of a file', async (what) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    const [file] = filesIn(here.images) as [string];
    renameSync(file, here.path('moved'));
    if (what === 'link') symlinkSync(here.path('moved'), file);
    else execFileSync('mkfifo', [file]);
    expect((await store.check()).map(({ subject }) => subject)).toContain('a');
    await store.close();
  });
});

describe('a store whose folder is a link out of imageRootDir', () => {
  test('is neither read nor changed there', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    const folder = join(filesIn(here.images)[0] as string, '../..');
    renameSync(folder, here.path('outside'));
    symlinkSync(here.path('outside'), folder);
    let text = '';
    try {
      const again = here.open();
      await readPart(again, 'a');
      await again.remove('a');
      await again.close();
    } catch (error) {
      text = String((error as { code: unknown }).code);
    }
    expect(filesIn(here.path('outside'))).toHaveLength(1);
    expect(text).not.toBe('');
  });
});
