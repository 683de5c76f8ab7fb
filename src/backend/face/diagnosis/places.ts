import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type LowDisk, lowDisks } from '../../../stores/local/free-space.js';
import type { LookedAt } from '../../../stores/local/look.js';
import { failed, ok, type Said, warning, wrong } from './finding.js';

/** The database: is it one of ours, may this process write it, and nobody else read it? */
export function checkDatabase(path: string, looked: LookedAt): Said {
  switch (looked.kind) {
    case 'none':
      return isWritable(nearest(dirname(path)))
        ? ok('There is no database yet; it is made when it is first needed.')
        : wrong(
            'There is no database, and this process may not make one there.',
            'Correct databasePath, or see to who owns its folder.',
          );
    case 'unreadable':
      return wrong(
        `The file at databasePath cannot be read as a database (${codeOf(looked.error)}).`,
        'Check who may read it, and that it is the right file. If it is damaged, restore a backup.',
      );
    case 'foreign':
      return wrong('The database belongs to another program.', 'Choose another databasePath.');
    case 'version-3':
      return wrong(
        'The database is of pixstore 3.x.',
        'Choose another databasePath, and take over what is in it with "pixstore migrate --from-v3".',
      );
    case 'too-new':
      return wrong(`A newer pixstore wrote the database (schema ${looked.version}).`, 'Update this pixstore.');
    case 'ours':
      break;
  }
  if (!isWritable(path) || !isWritable(dirname(path))) {
    return wrong(
      'This process may not write the database or beside it.',
      'See to who owns the file and its folder: SQLite needs both.',
    );
  }
  if (isOpenToOthers(path)) {
    return warning(
      'Other users may read the database: names of images, their sizes and times.',
      'Say "chmod 600" to it.',
    );
  }
  if (looked.isOutdated) {
    return warning(
      `An older pixstore wrote the database (schema ${looked.version}): when it is opened it is copied and brought up to date, and older processes can change nothing any more.`,
      'See to room for the copy, and update all servers.',
    );
  }
  return ok('The database is there, of this version, and writable.');
}

/** The folder of images. */
export function checkFolder(path: string, looked: LookedAt): Said {
  if (!existsSync(path)) {
    if (looked.kind === 'ours' && looked.hasFiles) {
      return wrong(
        'There is no imageRootDir, and the database names images in it.',
        'Mount the disk, or correct imageRootDir or databasePath.',
      );
    }
    return isWritable(nearest(path))
      ? ok('There is no folder of images yet; it is made when it is first needed.')
      : wrong(
          'There is no imageRootDir, and this process may not make it.',
          'Correct it, or see to who owns the folder above.',
        );
  }
  if (!statSync(path).isDirectory())
    return wrong('What is at imageRootDir is no folder.', 'Choose another imageRootDir.');
  if (!isWritable(path)) return wrong('This process may not write in imageRootDir.', 'See to who owns it.');
  if (isOpenToOthers(path)) {
    return warning(
      'Other users may look into imageRootDir. All in it is encrypted, but they see how much there is.',
      'Say "chmod 700" to it.',
    );
  }
  return ok('The folder of images is there and writable.');
}

/** Room, before there is none. */
export async function checkDisk(folders: { folder: string; name: string }[], low: LowDisk): Promise<Said> {
  try {
    const places = folders.map(({ folder, name }) => ({ folder: nearest(folder), name }));
    const sentences = await lowDisks(places, low);
    return sentences.length > 0
      ? { status: 'warning', message: sentences.join(' ') }
      : ok('There is room on the disks of database and images.');
  } catch (error) {
    return failed(error);
  }
}

/** The folder itself, or the one above it that is there. */
export function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Windows has no such modes. */
function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return String(code ?? name);
}
