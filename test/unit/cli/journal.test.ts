import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../../src/cli/journal.js';
import { temporaryFolder } from '../../support/folders.js';

async function place() {
  const folder = await temporaryFolder();
  const name = join(folder, 'journal.jsonl');
  const photo = join(folder, 'photo.png');
  writeFileSync(photo, 'photo');
  const idOf = async (dir?: string): Promise<string> => {
    const journal = await Journal.open(name);
    async function* files() {
      yield photo;
    }
    const ids: string[] = [];
    for await (const { id } of journal.entries(files(), dir)) ids.push(id);
    await journal.close();
    return String(ids[0]);
  };
  return { name, photo, idOf };
}

test('a file has the same id in every run, another one in another folder, and when it was changed', async () => {
  const { photo, idOf } = await place();
  const id = await idOf();
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(await idOf()).toBe(id);
  const inFolder = await idOf('cats');
  expect(inFolder).toMatch(/^cats:[\w-]{22}$/);
  expect(await idOf('cats')).toBe(inFolder);
  utimesSync(photo, 1, 1);
  expect(await idOf()).not.toBe(id);
});

test('a line that a crash has cut off is no line, and the next one is whole', async () => {
  const { name, idOf } = await place();
  const id = await idOf();
  appendFileSync(name, '{"file":"/half');
  expect(await idOf()).toBe(id);
  const inFolder = await idOf('cats');
  expect(await idOf('cats')).toBe(inFolder);
  expect(readFileSync(name, 'utf8').split('\n')).toHaveLength(4);
});

test('it is noted before it is handed out', async () => {
  const { name, photo } = await place();
  const journal = await Journal.open(name);
  async function* files() {
    yield photo;
  }
  for await (const { id } of journal.entries(files(), undefined)) expect(readFileSync(name, 'utf8')).toContain(id);
  await journal.close();
});
