import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeWhole } from '../../../src/cli/output-file.js';
import { failure } from '../../support/errors.js';
import { temporaryFolder } from '../../support/folders.js';

const bytes = Buffer.from('new');

describe('a file that is written whole', () => {
  test('is for its owner only', async () => {
    const file = join(await temporaryFolder(), 'new');
    await writeWhole(file, bytes);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('has the mode of the one before, and goes to where a link leads', async () => {
    const folder = await temporaryFolder();
    const [file, link] = [join(folder, 'keys'), join(folder, 'link')];
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    symlinkSync('keys', link);
    await writeWhole(link, bytes);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['keys', 'link']);
  });

  test.skipIf(process.getuid?.() !== 0)('has the owner of the one before', async () => {
    const file = join(await temporaryFolder(), 'keys');
    writeFileSync(file, 'old', { mode: 0o600 });
    chownSync(file, 1234, 1235);
    await writeWhole(file, bytes);
    const { uid, gid, mode } = statSync(file);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 1234, gid: 1235, mode: 0o600 });
  });

  test('does not take the place of a link that leads nowhere', async () => {
    const folder = await temporaryFolder();
    const link = join(folder, 'link');
    symlinkSync('none', link);
    const { message } = await failure('FILE_UNWRITABLE', () => writeWhole(link, bytes));
    expect(message).toMatch(/^The file link is a link that leads nowhere\b/);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test('does not take the place of a device, nor of a folder', async () => {
    const folder = await temporaryFolder();
    await failure('FILE_UNWRITABLE', () => writeWhole(folder, bytes));
    const device = join(folder, 'device');
    symlinkSync('/dev/null', device);
    await writeWhole(device, bytes);
    expect(statSync(device).isCharacterDevice()).toBe(true);
    expect(readdirSync(folder)).toEqual(['device']);
  });
});
