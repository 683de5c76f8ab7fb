import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import type { ImportedImage, ImportFrom, ImportOptions } from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { temporaryFolder } from '../../support/folders.js';
import { photo } from '../../support/photos.js';
import { resizing } from '../../support/resizing.js';
import { placeStore3 } from '../../support/store-3.js';

const [cat, rocket, coffee] = ['cat.png', 'rocket.jpg', 'coffee.webp'].map(photo) as [Buffer, Buffer, Buffer];
const gps = readFileSync(new URL('../../fixtures/pictures/cat-gps-rotated.jpg', import.meta.url));

async function imported(backend: PixstoreBackend, from: ImportFrom, how?: ImportOptions): Promise<ImportedImage[]> {
  const all: ImportedImage[] = [];
  for await (const image of backend.importImages(from, how)) all.push(image);
  return all;
}

const short = (all: ImportedImage[]) =>
  all.map(({ name, id, outcome, error }) => [name, outcome, error?.code ?? id].join(' '));

/** A folder with these files. */
async function folderOf(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const stored = async (backend: PixstoreBackend, id: string) => Buffer.from((await backend.readImage(id))?.bytes ?? []);

describe('a plain folder', () => {
  test('gives all images that are in it, as they are, with ids made from their paths', async () => {
    const folder = await folderOf({
      'cats/tom.png': cat,
      'cats/2024/Tom at home.jpg': rocket,
      'Cats/a.webp': coffee,
      'gps.jpg': gps,
      '.DS_Store': 'Bud1',
      'cats/notes.txt': 'meow',
      'empty.png': '',
    });
    const backend = await openBackend();
    const told = await imported(backend, folder);
    expect(short(told)).toEqual([
      '.DS_Store skipped IMAGE_NOT_RECOGNIZED',
      expect.stringMatching(/^Cats\/a\.webp imported Cats-a-webp-[0-9a-f]{12}$/),
      expect.stringMatching(/^cats\/2024\/Tom at home\.jpg imported cats:2024-Tom-at-home-jpg-[0-9a-f]{12}$/),
      'cats/notes.txt skipped IMAGE_NOT_RECOGNIZED',
      'cats/tom.png imported cats:tom-png',
      'empty.png skipped IMAGE_EMPTY',
      'gps.jpg imported gps-jpg',
    ]);
    expect(told.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    // Nothing is stripped.
    expect((await stored(backend, 'gps-jpg')).equals(gps)).toBe(true);
  });

  test('leads to the same ids again: nothing is done twice, and another picture is left alone', async () => {
    const folder = await folderOf({ 'a.png': cat, 'b.jpg': rocket });
    const backend = await openBackend();
    await imported(backend, folder);
    writeFileSync(join(folder, 'b.jpg'), gps);
    expect(short(await imported(backend, folder))).toEqual(['a.png present a-png', 'b.jpg failed IMAGE_ID_TAKEN']);
    expect((await stored(backend, 'b-jpg')).equals(rocket)).toBe(true);
    expect((await backend.stats())?.images).toBe(2);
  });

  test('goes into a folder of the store, or under ids of your own', async () => {
    const folder = await folderOf({ 'cats/a.png': cat });
    const backend = await openBackend();
    const [one] = await imported(backend, folder, { dir: 'inbox' });
    expect(one?.id).toMatch(/^inbox:cats-a-png-[0-9a-f]{12}$/);
    const [other] = await imported(backend, folder, { ids: (name) => `own:${name.length}` });
    expect(other?.id).toBe('own:10');
    expect(short(await imported(backend, folder, { ids: () => 'no/id' }))).toEqual([
      'cats/a.png failed IMAGE_ID_INVALID',
    ]);
  });

  test('has variants made as for images that are saved', async () => {
    const folder = await folderOf({ 'a.png': cat });
    const backend = await openBackend({ processing: resizing({ widths: { thumb: 40 } }) });
    await imported(backend, folder);
    expect(backend.getImageRecord('a-png', { variant: 'thumb' })).toMatchObject({ width: 40 });
  });

  test('is taken within the limits of the backend; what is above them is reported', async () => {
    const folder = await folderOf({ 'a.png': cat, 'b.webp': coffee, 'cut.jpg': rocket.subarray(0, 5_000) });
    const backend = await openBackend({ imageFormats: ['webp', 'jpg'], maxImageBytes: 40_000 });
    expect(short(await imported(backend, folder))).toEqual([
      'a.png failed IMAGE_TOO_LARGE',
      'b.webp failed IMAGE_TOO_LARGE',
      'cut.jpg failed IMAGE_TRUNCATED',
    ]);
    const refusing = await openBackend({ imageFormats: ['jpg'] });
    expect(short(await imported(refusing, folder))[0]).toBe('a.png failed IMAGE_FORMAT_REFUSED');
  });

  test('links are not followed, and a folder must be there', async () => {
    const secret = await folderOf({ 'a.png': cat });
    const folder = await folderOf({});
    symlinkSync(join(secret, 'a.png'), join(folder, 'link.png'));
    const backend = await openBackend();
    expect(await imported(backend, folder)).toEqual([]);
    await failure('SOURCE_INVALID', () => imported(backend, join(folder, 'none')));
  });
});

describe('random ids', () => {
  test('are chosen once: with the journal nothing is done twice, and what was deleted stays deleted', async () => {
    const folder = await folderOf({ 'a.png': cat, 'b.jpg': rocket });
    const journal = join(await temporaryFolder(), 'journal.jsonl');
    const backend = await openBackend();
    const how = { ids: 'random', dir: 'inbox', journal } as const;
    const first = await imported(backend, folder, how);
    expect(first[0]?.id).toMatch(/^inbox:[\w-]{22}$/);
    await backend.deleteImage(String(first[1]?.id));
    expect(short(await imported(backend, folder, how))).toEqual([
      `a.png present ${first[0]?.id}`,
      'b.jpg skipped IMAGE_NOT_FOUND',
    ]);
    expect(readFileSync(journal, 'utf8')).not.toContain(folder);
  });

  test('that were chosen before a crash are kept', async () => {
    const folder = await folderOf({ 'a.png': cat });
    const journal = join(await temporaryFolder(), 'journal.jsonl');
    const head = '{"pixstore":"import","version":1,"dir":null,"ids":"random"}\n';
    writeFileSync(journal, `${head}{"name":"a.png","id":"chosen"}\n{"name":"b.p`);
    const backend = await openBackend();
    expect(short(await imported(backend, folder, { ids: 'random', journal }))).toEqual(['a.png imported chosen']);
    expect(readFileSync(journal, 'utf8')).toBe(`${head}{"name":"a.png","id":"chosen"}\n{"done":"a.png"}\n`);
    writeFileSync(journal, head.slice(0, 20));
    await imported(backend, folder, { ids: 'random', journal });
    expect(readFileSync(journal, 'utf8').startsWith(head)).toBe(true);
  });

  test('are those of the journal, whatever line breaks the names of files have in them', async () => {
    const name = 'a\u2028b\u2029c\rd\ne.png';
    const folder = await folderOf({ [name]: cat });
    const journal = join(await temporaryFolder(), 'journal.jsonl');
    const backend = await openBackend();
    const [first] = await imported(backend, folder, { ids: 'random', journal });
    expect(short(await imported(backend, folder, { ids: 'random', journal }))).toEqual([
      `${name} present ${first?.id}`,
    ]);
  });

  test('need a journal that is one', async () => {
    const folder = await folderOf({ 'a.png': cat, 'letter.txt': 'dear\n' });
    const backend = await openBackend();
    await failure('CONFIG_INVALID', () => imported(backend, folder, { ids: 'random' }));
    const letter = { ids: 'random', journal: join(folder, 'letter.txt') } as const;
    await failure('JOURNAL_UNUSABLE', () => imported(backend, folder, letter));
    await failure('JOURNAL_UNUSABLE', () => imported(backend, folder, { ...letter, journal: folder }));
    expect(readFileSync(join(folder, 'letter.txt'), 'utf8')).toBe('dear\n');
  });

  test.each(['dear', '{"name":"pixstore","version":"1.0.0"}', '{"name":"a.png","id":"a"}', '{"pixstore":"export"'])(
    'need a journal of an import, and leave another file as it is: %s',
    async (content) => {
      const folder = await folderOf({ 'a.png': cat, other: content });
      const journal = join(folder, 'other');
      const backend = await openBackend();
      await failure('JOURNAL_UNUSABLE', () => imported(backend, folder, { ids: 'random', journal }));
      expect(readFileSync(journal, 'utf8')).toBe(content);
    },
  );

  test.each([{ dir: 'dogs' }, { dir: 'cats', ids: 'random' }, { dir: 'cats', ids: () => 'a' }, {}] as const)(
    'and all others are not taken from a journal that has those of another folder or kind: %o',
    async (other) => {
      const folder = await folderOf({ 'a.png': cat });
      const journal = join(await temporaryFolder(), 'journal.jsonl');
      const backend = await openBackend();
      await imported(backend, folder, { dir: 'cats', journal });
      const before = readFileSync(journal, 'utf8');
      await failure('JOURNAL_UNUSABLE', () => imported(backend, folder, { ...other, journal }));
      expect(readFileSync(journal, 'utf8')).toBe(before);
    },
  );
});

describe('an exported folder', () => {
  async function exportOf(save: (backend: PixstoreBackend) => Promise<unknown>) {
    const backend = await openBackend({ stripMetadata: false, imageFormats: ['png', 'jpg', 'webp', 'gif'] });
    await save(backend);
    const folder = join(await temporaryFolder(), 'export');
    for await (const { error } of backend.exportImages(folder)) expect(error).toBeUndefined();
    return folder;
  }

  const threeImages = () =>
    exportOf(async (backend) => {
      await backend.saveImage(cat, { dir: 'cats', id: 'Tom' });
      await backend.saveImage(gps, { dir: 'cats', id: 'gps' });
      await backend.saveImage(rocket, { id: 'rocket' });
    });

  test('comes back under its ids, byte by byte', async () => {
    const folder = await threeImages();
    const backend = await openBackend({ imageFormats: ['webp'] });
    const told = await imported(backend, folder);
    expect(short(told)).toEqual(['cats:Tom imported cats:Tom', 'cats:gps imported cats:gps', 'rocket imported rocket']);
    expect((await stored(backend, 'cats:gps')).equals(gps)).toBe(true);
    expect((await stored(backend, 'cats:Tom')).equals(cat)).toBe(true);
    expect((await imported(backend, folder)).map(({ outcome }) => outcome)).toEqual(['present', 'present', 'present']);
  });

  test('is compared with its digests, and what its manifest names outside of it is not read', async () => {
    const folder = await threeImages();
    const secret = join(await folderOf({ 'a.png': cat }), 'a.png');
    writeFileSync(join(folder, 'rocket.jpg'), gps);
    const path = join(folder, 'manifest.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const leading = (file: string) => JSON.stringify({ ...JSON.parse(String(lines[1])), id: 'evil', file });
    writeFileSync(
      path,
      [...lines, leading(secret), leading('../x.png'), '{"id":', '{"id":"gone","error":"X"}'].join('\n'),
    );
    const backend = await openBackend();
    expect(short(await imported(backend, folder))).toEqual([
      'cats:Tom imported cats:Tom',
      'cats:gps imported cats:gps',
      'rocket failed IMAGE_DIGEST_WRONG',
      'evil failed IMAGE_FILE_UNREADABLE',
      'evil failed IMAGE_FILE_UNREADABLE',
      'manifest.jsonl, line 7 failed IMAGE_FILE_UNREADABLE',
      'gone failed IMAGE_NOT_FOUND',
    ]);
  });

  /** The same folder, of which the first image could not be exported. */
  function failed(folder: string): { retried: string } {
    const path = join(folder, 'manifest.jsonl');
    const retried = readFileSync(path, 'utf8');
    const [head, line, ...others] = retried.split('\n');
    const failing = JSON.stringify({ id: JSON.parse(String(line)).id, error: 'CIPHERTEXT_MISSING' });
    writeFileSync(path, [head, failing, ...others].join('\n'));
    return { retried };
  }

  test.each(['paths', 'random'] as const)(
    'of which an image had failed brings it under its id once it is there, also with a journal (%s)',
    async (ids) => {
      const folder = await threeImages();
      const { retried } = failed(folder);
      const journal = join(await temporaryFolder(), 'journal.jsonl');
      const backend = await openBackend();
      expect(short(await imported(backend, folder, { ids, journal }))[0]).toBe('cats:Tom failed IMAGE_NOT_FOUND');
      expect(readFileSync(journal, 'utf8')).not.toContain('cats:Tom');
      writeFileSync(join(folder, 'manifest.jsonl'), retried);
      for (const outcome of ['imported', 'present']) {
        expect(short(await imported(backend, folder, { ids, journal }))[0]).toBe(`cats:Tom ${outcome} cats:Tom`);
      }
    },
  );

  test('has the ids of its manifest, whatever a journal says of them', async () => {
    const folder = await threeImages();
    const journal = join(await temporaryFolder(), 'journal.jsonl');
    const head = '{"pixstore":"import","version":1,"dir":null,"ids":"paths"}\n';
    writeFileSync(journal, `${head}{"name":"cats:Tom","id":"Tom-1"}\n{"done":"cats:Tom"}\n`);
    const backend = await openBackend();
    for (const outcome of ['imported', 'present']) {
      expect(short(await imported(backend, folder, { journal }))[0]).toBe(`cats:Tom ${outcome} cats:Tom`);
    }
    await backend.deleteImage('cats:Tom');
    expect(short(await imported(backend, folder, { journal }))[0]).toBe('cats:Tom skipped IMAGE_NOT_FOUND');
  });

  test('brings what cannot be understood as it was', async () => {
    const { from } = await placeStore3();
    const folder = await exportOf(async (backend) => {
      for await (const _ of backend.migrateFromV3(from));
    });
    const backend = await openBackend();
    const told = await imported(backend, folder);
    expect(new Set(told.map(({ outcome }) => outcome))).toEqual(new Set(['imported']));
    const cut = told.filter(({ name }) => name.startsWith('cut:')).map(({ id }) => String(id));
    expect(cut).toHaveLength(2);
    for (const id of cut) expect((await backend.readImage(id))?.bytes.length).toBeGreaterThan(20);
  });

  test('brings an animation that is longer than may be decoded, without variants of it', async () => {
    const raw = { width: 4, height: 20, channels: 3 as const, pageHeight: 4 };
    const animation = await sharp(randomBytes(240), { raw }).gif().toBuffer();
    const folder = await exportOf((backend) => backend.saveImage(animation, { id: 'long' }));
    const backend = await openBackend({ maxFrames: 4, processing: resizing({ widths: { thumb: 2 } }) });
    expect(short(await imported(backend, folder))).toEqual(['long imported long']);
    const record = backend.getImageRecord('long', { variants: true });
    expect([record?.width, record?.variants]).toEqual([4, {}]);
  });

  test('may lie elsewhere by now', async () => {
    const folder = await threeImages();
    const moved = join(await temporaryFolder(), 'moved');
    cpSync(folder, moved, { recursive: true });
    rmSync(folder, { recursive: true });
    expect(await imported(await openBackend(), moved)).toHaveLength(3);
  });
});

describe('anything that lists files', () => {
  test('is read one by one, in its order; what cannot be read is reported', async () => {
    const backend = await openBackend();
    async function* bucket() {
      yield { name: '2024/a.png', size: cat.length, read: async () => new Blob([new Uint8Array(cat)]) };
      yield { name: '2024/b.jpg', read: () => Promise.reject(new Error('socket hang up')) };
      yield { name: '2024/c.jpg', read: () => new Uint8Array(rocket).buffer };
    }
    expect(short(await imported(backend, bucket()))).toEqual([
      '2024/a.png imported 2024:a-png',
      '2024/b.jpg failed IMAGE_FILE_UNREADABLE',
      '2024/c.jpg imported 2024:c-jpg',
    ]);
  });

  test('must list what can be read', async () => {
    const backend = await openBackend();
    await failure('SOURCE_INVALID', () => imported(backend, [{ name: 'a.png' }] as never));
    await failure('CONFIG_INVALID', () => imported(backend, 7 as never));
    await failure('CONFIG_INVALID', () => imported(backend, [], { ids: 'names' } as never));
    await failure('IMAGE_DIR_INVALID', () => imported(backend, [], { dir: 'UPPER' }));
    const failing = (async function* () {
      yield* [];
      throw new Error('no such bucket');
    })();
    await expect(imported(backend, failing)).rejects.toThrow('no such bucket');
  });
});
