import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CheckOptions, CheckProblem, CheckStep, PixstoreBackend } from '../../src/backend/index.js';
import { createMemoryStore, type ImageStore } from '../../src/backend/index.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { resizing } from '../support/resizing.js';

const [cat, coffee] = ['cat.png', 'coffee.webp'].map(photo) as [Buffer, Buffer];

async function stepsOf(backend: PixstoreBackend, options?: CheckOptions): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of backend.check(options)) steps.push(step);
  return steps;
}

async function problemsOf(backend: PixstoreBackend, options?: CheckOptions): Promise<CheckProblem[]> {
  return (await stepsOf(backend, options)).flatMap(({ problem }) => problem ?? []);
}

const kindsOf = (problems: CheckProblem[]) => problems.map(({ kind, subject }) => `${kind} ${subject}`).sort();

/** `a:cat` has a file, `coffee` is in the database. */
async function filled() {
  const backend = await openBackend();
  await backend.saveImage(cat, { dir: 'a', id: 'cat' });
  await backend.saveImage(coffee, { id: 'coffee' });
  const images = join(backend.folder, 'images');
  const files = () =>
    readdirSync(images, { recursive: true, encoding: 'utf8' })
      .filter((name) => /[0-9a-f]{32}$/.test(name) && statSync(join(images, name)).isFile())
      .map((name) => join(images, name));
  const sql = (text: string, ...values: (string | number | Uint8Array)[]) => {
    const database = findDriver()(join(backend.folder, 'images.sqlite'));
    database.prepare(text).run(...values);
    database.close();
  };
  return { backend, images, file: () => files()[0] as string, sql };
}

describe('check', () => {
  test('reads every image with its variants, says how far it is, and finds nothing in a store that is well', async () => {
    const backend = await openBackend({ processing: resizing({ widths: { thumb: 40 } }) });
    for (const id of ['a', 'b', 'c']) await backend.saveImage(cat, { id });
    const bytes = (await backend.stats())?.bytes;
    const steps = await stepsOf(backend);
    expect(steps.at(-1)).toEqual({ done: 3, total: 3, bytes });
    expect((await stepsOf(backend, { fast: true })).at(-1)).toEqual({ done: 3, total: null, bytes: 0 });
    const memory = await openBackend({ store: createMemoryStore() });
    await memory.saveImage(cat);
    expect((await stepsOf(memory)).at(-1)).toMatchObject({ done: 1, total: 1 });
  });

  test('opens a few parts at a time, however many an image has', async () => {
    const memory = createMemoryStore();
    let [open, most] = [0, 0];
    const store: ImageStore = {
      ...memory,
      async open(...part) {
        open += 1;
        most = Math.max(most, open);
        await nextTurn();
        open -= 1;
        return memory.open(...part);
      },
    };
    const widths = { one: 10, two: 20, three: 30, four: 40 };
    const backend = await openBackend({ store, processing: resizing({ widths }) });
    for (let number = 0; number < 10; number += 1) await backend.saveImage(cat);
    expect(await problemsOf(backend)).toEqual([]);
    expect(most).toBe(16);
  });

  test('finds a ciphertext that was changed, which fast does not, and one that is cut off or gone, which fast does', async () => {
    const { backend, file } = await filled();
    const bytes = readFileSync(file());
    const changed = Buffer.from(bytes);
    changed[1_000] = Number(changed[1_000]) ^ 1;
    writeFileSync(file(), changed);
    expect(kindsOf(await problemsOf(backend))).toEqual(['ciphertext-damaged a:cat']);
    expect(await problemsOf(backend, { fast: true })).toEqual([]);
    writeFileSync(file(), bytes.subarray(0, 100));
    expect(kindsOf(await problemsOf(backend))).toEqual(['ciphertext-missing a:cat']);
    expect(kindsOf(await problemsOf(backend, { fast: true }))).toEqual(['ciphertext-damaged a:cat']);
    const kept = file();
    rmSync(kept);
    expect(kindsOf(await problemsOf(backend))).toEqual(['ciphertext-missing a:cat']);
    expect(kindsOf(await problemsOf(backend, { fast: true }))).toEqual(['ciphertext-missing a:cat']);
    writeFileSync(kept, bytes);
    expect(await problemsOf(backend)).toEqual([]);
  });

  test('finds damage in the database: a ciphertext, a key, a row', async () => {
    const { backend, sql } = await filled();
    sql("UPDATE parts SET ciphertext = zeroblob(size) WHERE id = 'coffee'");
    expect(kindsOf(await problemsOf(backend))).toEqual(['ciphertext-damaged coffee']);
    sql("UPDATE parts SET sealed_key = (SELECT sealed_key FROM parts WHERE id = 'coffee') WHERE id = 'a:cat'");
    expect(kindsOf(await problemsOf(backend))).toEqual(['ciphertext-damaged coffee', 'key-damaged a:cat']);
    sql("UPDATE parts SET token = -5 WHERE id = 'coffee'");
    expect(kindsOf(await problemsOf(backend))).toEqual(['key-damaged a:cat', 'row-damaged coffee']);
  });

  test('every problem says in sentences what it means and what would mend it', async () => {
    const { backend, file, images } = await filled();
    rmSync(file());
    writeFileSync(join(images, readdirSync(images)[0] as string, 'notes.txt'), 'mine');
    const problems = await problemsOf(backend);
    expect(kindsOf(problems)).toEqual(['ciphertext-missing a:cat', 'foreign notes.txt']);
    for (const { subject, message, remedy } of problems) {
      expect(message).toMatch(/^[A-Z].*\.$/);
      expect(message).toContain(subject);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('finds files of a session that the database does not know, and what others have put among its own', async () => {
    const { backend, file, images } = await filled();
    const store = join(images, readdirSync(images)[0] as string);
    mkdirSync(join(store, 'ffff000011112222'));
    appendFileSync(join(store, 'ffff000011112222', 'a'.repeat(32)), 'saved since the backup');
    writeFileSync(join(file(), '..', 'thumbs.db'), '');
    const session = file().split('/').at(-2);
    expect(kindsOf(await problemsOf(backend))).toEqual([`foreign ${session}/thumbs.db`, 'foreign ffff000011112222']);
    await backend.store.sweep({ all: true });
    expect(await problemsOf(backend, { fast: true })).toHaveLength(2);
  });

  test('keeps to a rate, and ends by its signal', async () => {
    const { backend } = await filled();
    const stopping = new AbortController();
    const begun = performance.now();
    await stepsOf(backend, { rate: { images: 100 } });
    expect(performance.now() - begun).toBeLessThan(10_000);
    const slow = stepsOf(backend, { rate: { bytes: 1 }, signal: stopping.signal });
    stopping.abort(new Error('enough'));
    await expect(slow).rejects.toThrow('enough');
    for (const options of [{ fast: 1 }, { rate: 5 }, { rate: { images: 0 } }, { signal: 'x' }, { speed: 1 }]) {
      await failure('CONFIG_INVALID', () => stepsOf(backend, options as CheckOptions));
    }
  });

  test('an image that is updated or deleted meanwhile is no problem', async () => {
    const { backend } = await filled();
    for (let round = 0; round < 20; round += 1) await backend.saveImage(cat, { id: `r${round}` });
    const found = problemsOf(backend);
    for (let round = 0; round < 20; round += 1) {
      if (round % 2) await backend.updateImage(`r${round}`, coffee);
      else await backend.deleteImage(`r${round}`);
    }
    // Files of before are removed after the commit: one may still be there, and is told of as what it is.
    expect((await found).filter(({ kind }) => kind !== 'leftover')).toEqual([]);
  });
});

describe('sweep', () => {
  async function swept(backend: PixstoreBackend, options = {}) {
    const pieces = [];
    for await (const piece of backend.sweep(options)) pieces.push(piece);
    return pieces;
  }

  /** A file in the session of `a:cat`, which has ended. */
  async function withLeftover() {
    const place = await filled();
    const leftover = join(place.file(), '..', 'b'.repeat(32));
    writeFileSync(leftover, 'a crash left this');
    place.sql('UPDATE sessions SET ended = 1');
    const name = leftover.split('/').slice(-2).join('/');
    return { ...place, leftover, name };
  }

  test('a dry run lists what is left over and removes nothing; then it is removed, and nothing else is', async () => {
    const { backend, leftover, name, file } = await withLeftover();
    const listed = await swept(backend, { dryRun: true });
    expect(listed).toMatchObject([{ kind: 'leftover', subject: name, removed: false }]);
    expect(statSync(leftover).isFile()).toBe(true);
    expect(await swept(backend)).toMatchObject([{ kind: 'leftover', subject: name, removed: true }]);
    expect(statSync(file()).isFile()).toBe(true);
    expect(await swept(backend)).toEqual([]);
    expect(await problemsOf(backend)).toEqual([]);
  });

  test('of more than a crash leaves, nothing is removed unless all is asked for', async () => {
    const { backend, leftover } = await withLeftover();
    for (let number = 0; number < 1_100; number += 1) {
      writeFileSync(join(leftover, '..', String(number).padStart(32, '0')), '');
    }
    const listed = await swept(backend, { dryRun: true });
    expect(listed).toHaveLength(1_101);
    expect(listed[0]?.remedy).toContain('sweep all');
    expect(await swept(backend)).toEqual([]);
    expect(await swept(backend, { all: true })).toHaveLength(1_101);
    expect(await problemsOf(backend)).toEqual([]);
  });

  test('ends by its signal, and goes on the next time', async () => {
    const { backend, leftover } = await withLeftover();
    writeFileSync(join(leftover, '..', 'c'.repeat(32)), '');
    const stopping = new AbortController();
    const pieces = backend.sweep({ signal: stopping.signal })[Symbol.asyncIterator]();
    await pieces.next();
    stopping.abort(new Error('enough'));
    await expect(pieces.next()).rejects.toThrow('enough');
    expect(await swept(backend)).toHaveLength(1);
    await failure('CONFIG_INVALID', () => swept(backend, { dryRun: 'yes' }));
  });
});
