import { expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { readDocument } from '../unit/docs/markdown.js';
import { normalised, recordingsIn, replay } from './support/recordings.js';
import { fillStore } from './support/store.js';

/** What lies in the folder before the commands of a section run. Default: a store with three images. */
const setUps: Record<string, (folder: string) => Promise<void>> = {};

const recordings = recordingsIn(readDocument('docs/cli.md'));

test('docs/cli.md has recordings, and every set-up is that of a section', () => {
  const sections = recordings.map(({ section }) => section);
  expect(sections.length).toBeGreaterThan(2);
  expect(Object.keys(setUps).filter((section) => !sections.includes(section))).toEqual([]);
});

test.each(recordings)('what docs/cli.md shows of "$section" is what is printed', async ({ section, commands }) => {
  const folder = await quickFolder();
  await (setUps[section] ?? fillStore)(folder);
  const shown = commands.map(({ command, output }) => `$ ${command}\n${normalised(output)}`);
  const printed = replay(commands, folder).map((output, index) => {
    return `$ ${commands[index]?.command}\n${normalised(output)}`;
  });
  expect(printed).toEqual(shown);
});
