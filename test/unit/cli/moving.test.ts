import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodes } from '../../../src/cli/exit-codes.js';
import { jsonLines } from '../../cli/support/run-cli.js';
import { temporaryFolder } from '../../support/folders.js';
import { smallPicture } from '../../support/small-picture.js';
import { runIn } from './surroundings.js';

/** A folder with a folder `photos`, in which files have these names. */
async function withPhotos(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'photos'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'photos', name), content);
  return folder;
}

test('a folder is imported once more into another folder of the store, and under other ids', async () => {
  const folder = await withPhotos({ 'a.png': smallPicture() });
  const importing = ['import', join(folder, 'photos')];
  for (const how of [[], ['--dir', 'cats'], ['--dir', 'dogs'], ['--dir', 'dogs', '--ids', 'random']]) {
    expect((await runIn(folder, [...importing, ...how])).out).toContain('1 imported, 0 present');
    expect((await runIn(folder, [...importing, ...how])).out).toContain('0 imported, 1 present');
  }
  const ids = jsonLines((await runIn(folder, ['list', '--json'])).out).map(({ id }) => String(id));
  expect(ids.filter((id) => id.startsWith('dogs:'))).toHaveLength(2);
  expect(ids).toHaveLength(4);
});

test.each([
  ['import', 'none'],
  ['import', 'file'],
  ['migrate', 'folder', '--from-v3', 'none.sqlite'],
  ['migrate', 'none', '--from-v3', 'file'],
])('%s makes no store for a source that is not there: %s', async (command, source, ...options) => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'file'), 'no folder');
  const [flag, file] = options;
  const words = [command, join(folder, source), ...(flag && file ? [flag, join(folder, file)] : [])];
  const { code, err } = await runIn(folder, words);
  expect(code).toBe(exitCodes.usage);
  expect(err).toContain('(SOURCE_INVALID)');
  expect(err).not.toContain(folder);
  for (const made of ['store.sqlite', 'store.sqlite.key', 'store']) expect(existsSync(join(folder, made))).toBe(false);
});

test.each([
  ['a folder that can be none', exitCodes.usage, 'IMAGE_DIR_INVALID', ['--dir', 'UPPER']],
  ['a file that is no journal', exitCodes.usage, 'JOURNAL_UNUSABLE', ['--journal', 'photos/a.png']],
  ['the journal of an import into another folder', exitCodes.usage, 'JOURNAL_UNUSABLE', ['--journal', 'journal']],
  ['a journal that cannot be read', exitCodes.failed, 'JOURNAL_UNUSABLE', ['--journal', 'photos']],
])('import makes no store, and changes no file, for %s', async (_, exitCode, errorCode, [option, value]) => {
  const picture = smallPicture();
  const folder = await withPhotos({ 'a.png': picture });
  const journal = '{"pixstore":"import","version":1,"dir":"cats","ids":"paths"}\n';
  writeFileSync(join(folder, 'journal'), journal);
  const given = option === '--journal' ? join(folder, String(value)) : String(value);
  const { code, err } = await runIn(folder, ['import', join(folder, 'photos'), String(option), given]);
  expect(code).toBe(exitCode);
  expect(err).toMatch(new RegExp(`^pixstore: .*\\(${errorCode}\\)\n$`));
  expect(readdirSync(folder).sort()).toEqual(['journal', 'photos']);
  expect(readFileSync(join(folder, 'journal'), 'utf8')).toBe(journal);
  expect(readFileSync(join(folder, 'photos', 'a.png')).equals(picture)).toBe(true);
});

test('names of files cannot move the cursor of a terminal', async () => {
  const folder = await withPhotos({ 'a\x1b[2J\u009b2J\u202e.png': 'no picture' });
  const text = await runIn(folder, ['import', join(folder, 'photos')]);
  expect(text.out).toMatch(/^a\ufffd\[2J\ufffd2J\ufffd\.png\tskipped\t/);
  const json = await runIn(folder, ['import', join(folder, 'photos'), '--json']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(json.out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(jsonLines(json.out)[0]).toMatchObject({ name: 'a\x1b[2J\u009b2J\u202e.png', outcome: 'skipped' });
});
