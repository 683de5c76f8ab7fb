import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../../src/cli/exit-codes.js';
import { jsonLines } from '../../cli/support/run-cli.js';
import { temporaryFolder } from '../../support/folders.js';
import { smallPicture } from '../../support/small-picture.js';
import { runIn } from './surroundings.js';

/** A folder with pictures of these names. */
async function folderOf(...names: string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), smallPicture());
  return folder;
}

const idsIn = async (folder: string) =>
  jsonLines((await runIn(folder, ['list', '--json'])).out)
    .map(({ id }) => id)
    .sort();

test('a folder that can be none is refused before a store is made, and named', async () => {
  const folder = await folderOf('tom.png');
  for (const dir of ['team:cats', 'UPPER', '']) {
    const { code, err } = await runIn(folder, ['save', join(folder, 'tom.png'), '--dir', dir, '--name-ids']);
    expect(code).toBe(exitCodes.usage);
    expect(err).toMatch(/--dir.*\(IMAGE_DIR_INVALID\)/);
  }
  expect(existsSync(join(folder, 'store.sqlite'))).toBe(false);
});

test('a file whose name can be no id is named, and does not land in another folder', async () => {
  const folder = await folderOf('cats:tom.png', 'rex.png');
  const files = ['cats:tom.png', 'rex.png'].map((name) => join(folder, name));
  for (const where of [[], ['--dir', 'pets']]) {
    const { code, out } = await runIn(folder, ['save', ...files, '--name-ids', '--json', ...where]);
    expect(code).toBe(exitCodes.found);
    expect(jsonLines(out)).toMatchObject([
      { file: files[0], outcome: 'failed', error: { code: 'IMAGE_ID_INVALID' } },
      { file: files[1], outcome: 'saved' },
      { summary: { saved: 1, failed: 1 } },
    ]);
  }
  expect(await idsIn(folder)).toEqual(['pets:rex', 'rex']);
});

test('a file that is no journal is refused before a store is made, and left as it is', async () => {
  const folder = await folderOf('tom.png', 'rex.png');
  const journal = join(folder, 'rex.png');
  const before = readFileSync(journal);
  const { code, err } = await runIn(folder, ['save', join(folder, 'tom.png'), '--journal', journal]);
  expect(code).toBe(exitCodes.usage);
  expect(err).toMatch(/^pixstore: .*rex\.png.*\(JOURNAL_UNUSABLE\)\n$/);
  expect(readFileSync(journal).equals(before)).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['rex.png', 'tom.png']);
});
