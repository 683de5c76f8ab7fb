import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { PixstoreError } from '../../src/shared/index.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { readPart } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { failure } from '../support/errors.js';
import { copyingPlace, expectWhole, large, save } from './support/copies.js';

const storeIn = (images: string) => join(images, readdirSync(images).find((n) => /^[0-9a-f]{32}$/.test(n)) as string);

/** Runs in a process of its own, which is ended when it does not end by itself. */
function outcome(folder: string, body: string, patience = 8_000): Promise<string> {
  const dist = fileURLToPath(new URL('../../dist/stores/local/local-store.js', import.meta.url));
  const program = `
    const { openLocalStore } = await import(${JSON.stringify(dist)});
    const open = () => openLocalStore({ databasePath: ${JSON.stringify(join(folder, 'db.sqlite'))}, imageRootDir: ${JSON.stringify(join(folder, 'images'))}, inlineUpTo: 1000, writer: 'inline' });
    try { ${body}; console.log('done'); } catch (error) { console.log(error.code ?? error); }
    process.exit(0);`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--max-old-space-size=1500', '--input-type=module', '-e', program]);
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      said += ' STUCK';
    }, patience);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(said.trim());
    });
  });
}

describe('a row whose file is no UTF-8, or has a zero in it', () => {
  test.each([
    ["CAST(x'ff' AS TEXT)"],
    ["CAST(x'6100627a' AS TEXT)"],
    ["CAST(x'00' AS TEXT)"],
    ["CAST(x'edb080' AS TEXT)"],
  ])('%s: a check ends', async (value) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b');
    await store.close();
    here.onDatabase('db.sqlite', `UPDATE parts SET file = ${value} WHERE id = 'a'`);
    expect(await outcome(here.folder, 'const s = open(); await s.check()')).not.toContain('STUCK');
  });

  test('a backup ends', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b');
    await store.close();
    here.onDatabase('db.sqlite', "UPDATE parts SET file = CAST(x'ff' AS TEXT) WHERE id = 'a'");
    expect(
      await outcome(here.folder, `const s = open(); await s.backup(${JSON.stringify(here.path('backup'))})`),
    ).not.toContain('STUCK');
  });

  test.each(['id', 'file'])('in %s: ids are listed to their end, or refused', async (column) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b');
    await store.close();
    here.onDatabase('db.sqlite', `UPDATE parts SET ${column} = CAST(x'62ff' AS TEXT) WHERE id = 'a'`);
    expect(await outcome(here.folder, 'const s = open(); for await (const id of s.list());')).not.toContain('STUCK');
  });
});

describe('a pipe in place of', () => {
  test.each(['mark.json', 'progress', 'blob', 'taken-over.json of another'])(
    '%s: nothing waits for it',
    async (what) => {
      const here = await copyingPlace();
      const store = here.open();
      await save(store, 'a');
      await store.close();
      let place = join(storeIn(here.images), what);
      if (what === 'blob') place = filesIn(here.images)[0] as string;
      if (what.startsWith('taken-over')) {
        place = join(here.images, '0'.repeat(32), 'taken-over.json');
        mkdirSync(dirname(place));
        rmSync(here.path('db.sqlite'));
        const fixture = join(import.meta.dirname, '../fixtures/schema-1');
        cpSync(join(fixture, 'images'), here.images, { recursive: true });
        cpSync(join(fixture, 'images.sqlite'), here.path('db.sqlite'));
      }
      rmSync(place, { force: true });
      execFileSync('mkfifo', [place]);
      expect(
        await outcome(here.folder, "const s = open(); await s.open('a'); await s.check(); await s.sweep()"),
      ).not.toContain('STUCK');
    },
  );

  test.each(['/dev/zero', '/dev/random'])('mark.json, a link to %s: it is refused', async (device) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    for (const name of ['mark.json', 'progress']) {
      const place = join(storeIn(here.images), name);
      renameSync(place, `${place}.kept`);
      symlinkSync(device, place);
      expect(await outcome(here.folder, "const s = open(); await s.open('a')"), name).not.toMatch(/STUCK|heap/);
      unlinkSync(place);
      renameSync(`${place}.kept`, place);
    }
  });
});

describe('a sweep', () => {
  test('goes on after a folder that somebody else put among the files of a session', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    const session = dirname(filesIn(here.images)[0] as string);
    mkdirSync(join(session, '@eaDir')); // what a NAS puts into every folder
    const again = here.open();
    await save(again, 'b');
    const left = dirname(filesIn(here.images).find((f) => !f.startsWith(session)) as string);
    writeFileSync(join(left, '0'.repeat(32)), 'left over');
    await here.sweepForDays(again);
    expect(existsSync(join(left, '0'.repeat(32)))).toBe(false);
    await again.close();
  });

  test('goes on after a file given up that cannot be removed', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b');
    const [file] = filesIn(here.images) as [string];
    const name = `${file.split('/').at(-2)}/${'f'.repeat(32)}`;
    mkdirSync(join(dirname(file), 'f'.repeat(32)));
    here.onDatabase('db.sqlite', 'INSERT INTO given_up_blobs VALUES (?)', name);
    writeFileSync(join(dirname(file), '0'.repeat(32)), 'left over');
    await store.close();
    const again = here.open();
    await here.sweepForDays(again).catch(() => {});
    expect(existsSync(join(dirname(file), '0'.repeat(32)))).toBe(false);
    await again.close();
  });

  test('leaves what is no blob of ours where it is', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    const [file] = filesIn(here.images) as [string];
    writeFileSync(join(dirname(file), 'notes.txt'), 'mine');
    await store.close();
    const again = here.open();
    await here.sweepForDays(again);
    expect(existsSync(join(dirname(file), 'notes.txt'))).toBe(true);
    await again.close();
  });
});

describe('an epoch at the end of all numbers', () => {
  test('in the mark: adopting ends with an error or works, and the store opens afterwards', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    const mark = join(storeIn(here.images), 'mark.json');
    writeFileSync(mark, JSON.stringify({ ...JSON.parse(readFileSync(mark, 'utf8')), epoch: Number.MAX_SAFE_INTEGER }));
    const tampered = here.open();
    await tampered.adopt?.().catch((error: unknown) => expect(error).toBeInstanceOf(PixstoreError));
    await tampered.close();
    const again = here.open();
    await expectWhole(again, 'a');
    await again.close();
  });
  test('in the database: it is not opened, and nothing is changed', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    here.onDatabase('db.sqlite', 'UPDATE store SET epoch = ?', Number.MAX_SAFE_INTEGER);
    await failure('DATABASE_ROW_INVALID', here.open);
    here.onDatabase('db.sqlite', 'UPDATE store SET epoch = ?', 1);
    const again = here.open();
    await expectWhole(again, 'a');
    await again.close();
  });
});

describe('a folder that went, and came back', () => {
  test('what was deleted meanwhile is removed then', async () => {
    const here = await copyingPlace();
    const fixture = join(import.meta.dirname, '../fixtures/schema-1');
    cpSync(join(fixture, 'images'), here.images, { recursive: true });
    cpSync(join(fixture, 'images.sqlite'), here.path('db.sqlite'));
    const store = here.open();
    renameSync(here.images, here.path('away'));
    const ids = [];
    for await (const id of store.list()) ids.push(id);
    for (const id of ids) await store.remove(id).catch((error: unknown) => expect(error).toBeInstanceOf(PixstoreError));
    await store.close().catch(() => {});
    if (existsSync(here.images)) rmSync(here.images, { recursive: true });
    renameSync(here.path('away'), here.images);
    const again = here.open();
    await here.sweepForDays(again);
    const named = again.usage();
    expect(filesIn(here.images).length).toBe('images' in named && named.images > 0 ? 1 : 0);
    await again.close();
  });
});

describe('a session that cannot be begun', () => {
  test('leaves nothing behind in the database, however often it is tried', async () => {
    const here = await copyingPlace();
    let broken = true;
    const fileSystem = {
      ...fs,
      mkdir: ((path: string, options: object) =>
        broken && /[0-9a-f]{16}$/.test(path) && !/[0-9a-f]{32}$/.test(path)
          ? Promise.reject(Object.assign(new Error('quota'), { code: 'EDQUOT' }))
          : fs.mkdir(path, options)) as typeof fs.mkdir,
    };
    const store = here.open('db.sqlite', here.images, { fileSystem });
    for (let i = 0; i < 50; i += 1) await store.put(large(`id${i}`), null).catch(() => {});
    broken = false;
    await save(store, 'fine');
    await here.sweepForDays(store);
    await store.close();
    const database = findDriver()(here.path('db.sqlite'));
    const [row] = database.prepare('SELECT count(*) AS n FROM sessions').all();
    database.close();
    expect(Number(row?.n)).toBeLessThan(3);
  });
});

describe('a mark that is gone', () => {
  test.each(['removed', 'empty', 'a folder'])('%s, with all images there: it can be made good', async (how) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    await store.close();
    const mark = join(storeIn(here.images), 'mark.json');
    rmSync(mark);
    if (how === 'empty') writeFileSync(mark, '');
    if (how === 'a folder') mkdirSync(mark);
    let said = '';
    try {
      await here.open().close();
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).not.toMatch(/not mounted/);
  });
});

describe('a folder that is a link since the store was opened', () => {
  test('is not followed', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b');
    await expectWhole(store, 'a');
    const session = dirname(filesIn(here.images)[0] as string);
    renameSync(session, here.path('elsewhere'));
    symlinkSync(here.path('elsewhere'), session);
    const later = performance.now() + 1_000; // until then it was looked at
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => later);
    onTestFinished(() => clock.mockRestore());
    await expect(readPart(store, 'a')).rejects.toThrow();
    await store.remove('a').catch(() => {});
    expect(readdirSync(here.path('elsewhere'))).toHaveLength(2);
    await store.close();
  });
});
