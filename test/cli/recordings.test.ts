import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { photo } from '../support/photos.js';
import { expected, placeStore3 } from '../support/store-3.js';
import { readDocument } from '../unit/docs/markdown.js';
import { normalised, recordingsIn, replay } from './support/recordings.js';
import { fillStore, withStore } from './support/store.js';

const [firstOfStore3] = expected as [(typeof expected)[number]];

/** What lies in the folder before the commands of a section run. Default: a store with three images. */
const setUps: Record<string, (folder: string) => Promise<void>> = {
  'Take over a store of pixstore 3.x: `migrate`': async (folder) => {
    const { fileOf } = await placeStore3(join(folder, 'old'));
    rmSync(fileOf(firstOfStore3.id));
  },
  'In from files: `import`': async (folder) => {
    mkdirSync(join(folder, 'photos/cats'), { recursive: true });
    writeFileSync(join(folder, 'photos/cats/tom.png'), photo('cat.png'));
    writeFileSync(join(folder, 'photos/rocket.jpg'), photo('rocket.jpg'));
    writeFileSync(join(folder, 'photos/notes.txt'), 'meow');
    await withStore(folder, async (backend) => backend.ready);
  },
};

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
