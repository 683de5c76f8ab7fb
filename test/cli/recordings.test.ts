// With RECORD=1 in the environment the document gets what is printed now, to be read before it is committed.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { photo } from '../support/photos.js';
import { expected, placeStore3 } from '../support/store-3.js';
import { readDocument, root } from '../unit/docs/markdown.js';
import { normalised, recordedAnew, recordingsIn, replay } from './support/recordings.js';
import { fillStore, withStore } from './support/store.js';

const [firstOfStore3] = expected as [(typeof expected)[number]];

/** Photos to be saved, and a file that is none. */
async function withPhotos(folder: string): Promise<void> {
  mkdirSync(join(folder, 'photos', 'space'), { recursive: true });
  writeFileSync(join(folder, 'photos', 'cat.png'), photo('cat.png'));
  writeFileSync(join(folder, 'photos', 'space', 'rocket.jpg'), photo('rocket.jpg'));
  writeFileSync(join(folder, 'photos', 'notes.txt'), 'Not a picture.\n');
}

/** A file that a crash has left, of a writer that has ended. */
async function withLeftover(folder: string): Promise<void> {
  await fillStore(folder);
  const images = join(folder, 'pixstore-images');
  const [session = ''] = readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\/[0-9a-f]{16}$/.test(name),
  );
  writeFileSync(join(images, session, '0'.repeat(32)), 'half an image');
}

/** A store, and a backup of it. */
async function withBackup(folder: string): Promise<void> {
  await fillStore(folder);
  await withStore(folder, async (backend) => {
    for await (const _ of backend.backUpTo(join(folder, 'backups')));
  });
}

/** What lies in the folder before the commands of a section run. Default: a store with three images. */
const setUps: Record<string, (folder: string) => Promise<void>> = {
  'Save images: `save`': withPhotos,
  'Leftovers: `sweep`': withLeftover,
  'Put one back: `restore`, `adopt`': withBackup,
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

const document = 'docs/cli.md';
const recordings = recordingsIn(readDocument(document));

test('docs/cli.md has recordings, and every set-up is that of a section', () => {
  const sections = recordings.map(({ section }) => section);
  expect(sections.length).toBeGreaterThan(2);
  expect(Object.keys(setUps).filter((section) => !sections.includes(section))).toEqual([]);
});

test.each(recordings)('what docs/cli.md shows of "$section" is what is printed', async ({ section, commands }) => {
  const folder = await quickFolder();
  await (setUps[section] ?? fillStore)(folder);
  const outputs = replay(commands, folder);
  if (process.env.RECORD) {
    const file = join(root, document);
    writeFileSync(file, recordedAnew(readFileSync(file, 'utf8'), { section, commands }, outputs));
    return;
  }
  const shown = commands.map(({ command, output }) => `$ ${command}\n${normalised(output)}`);
  const printed = outputs.map((output, index) => `$ ${commands[index]?.command}\n${normalised(output)}`);
  expect(printed).toEqual(shown);
});
