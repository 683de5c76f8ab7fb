import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/index.js';
import { exitCodes } from '../../../src/cli/exit-codes.js';
import { main } from '../../../src/cli/main.js';
import { createProgress } from '../../../src/cli/progress.js';
import { createScreen } from '../../../src/cli/screen.js';
import { quietLogger } from '../../support/backend.js';
import { temporaryFolder } from '../../support/folders.js';
import { photo } from '../../support/photos.js';
import { surroundings } from './surroundings.js';

test('on a terminal there is a bar, which is gone before a line of results and at the end', () => {
  const { around, texts } = surroundings();
  const screen = createScreen(around);
  let time = 0;
  const progress = createProgress({ screen, label: 'check', unit: 'image', now: () => time });
  progress.update({ done: 1, total: 4 });
  time = 50;
  progress.update({ done: 2, total: 4 }); // too soon to be shown
  time = 2_000;
  progress.update({ done: 3, total: 4 });
  screen.line('a note');
  progress.end();
  const bar = '[##################------]  75 %  3 of 4 images  2/s  0:01 left';
  const clear = '\r\x1b[2K';
  expect(texts.err).toBe(
    `check  [######------------------]  25 %  1 of 4 images${clear}check  ${bar}${clear}a note\ncheck  ${bar}${clear}`,
  );
});

test('elsewhere there is a line every ten seconds', () => {
  const { around, texts } = surroundings({ isTTY: false });
  const screen = createScreen(around);
  let time = 0;
  const progress = createProgress({ screen, label: 'check', unit: 'image', now: () => time });
  for (time = 0; time <= 25_000; time += 1_000) progress.update({ done: time / 1_000, total: 100 });
  progress.end();
  expect(texts.err.split('\n').filter(Boolean)).toEqual([
    'check: 10 %, 10 of 100 images, 1/s, 1:30 left',
    'check: 20 %, 20 of 100 images, 1/s, 1:20 left',
  ]);
});

test('errors are red on a terminal, unless NO_COLOR is set', async () => {
  const colours = async (env: Record<string, string>) => {
    const { around, texts } = surroundings({ env });
    expect(await main(['frob'], around)).toBe(exitCodes.usage);
    return texts.err;
  };
  expect(await colours({})).toContain('\x1b[31mpixstore:\x1b[0m');
  expect(await colours({ NO_COLOR: '1' })).not.toContain('\x1b');
});

test('what cannot be undone is asked for on a terminal, and done for "yes" alone', async () => {
  const cwd = await temporaryFolder();
  const paths = { databasePath: join(cwd, 'images.sqlite'), imageRootDir: join(cwd, 'images') };
  const backend = createPixstoreBackend({ ...paths, defaultEndpointEnabled: false, logger: quietLogger() });
  onTestFinished(() => backend.close());
  await backend.saveImage(photo('coffee.webp'), { dir: 'cats', id: 'tom' });
  const erase = async (answer: string) => {
    const { around, texts, stdin } = surroundings({ env: { NO_COLOR: '1' } });
    stdin.write(answer);
    const where = ['--database', paths.databasePath, '--image-dir', paths.imageRootDir];
    return { code: await main(['erase', 'cats', ...where], around), ...texts };
  };
  const kept = await erase('y\n');
  expect(kept).toMatchObject({ code: exitCodes.found, out: '' });
  expect(kept.err).toContain('Type "yes" to go on');
  expect(backend.imageExists('cats:tom')).toBe(true);
  for (const [key, code] of [
    ['\x03', exitCodes.stopped], // Ctrl-C
    ['\x04', exitCodes.found], // Ctrl-D
  ] as const) {
    expect((await erase(key)).code).toBe(code);
    expect(backend.imageExists('cats:tom')).toBe(true);
  }
  expect(await erase('yes\n')).toMatchObject({ code: exitCodes.done, out: expect.stringContaining('1 image') });
  expect(backend.imageExists('cats:tom')).toBe(false);
});
