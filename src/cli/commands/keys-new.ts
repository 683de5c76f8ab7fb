import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { unreadable } from '../files-in.js';
import { counted } from '../format.js';
import { writeWhole } from '../output-file.js';

export const addKeysNew: AddCommand = (program, run) => {
  program
    .command('new')
    .description('makes a master key, and puts it first in the key file; it is not shown')
    .action(
      run(async (cli) => {
        const { keyFilePath, databasePath = './.pixstore.sqlite', masterKey, store } = await cli.storeOptions();
        const name = keyFilePath ?? (store === undefined ? `${databasePath}.key` : undefined);
        const isElsewhere = masterKey !== undefined || (keyFilePath === undefined && cli.env.PIXSTORE_MASTER_KEY);
        if (isElsewhere || name === undefined) throw notInFile();
        const lines = await linesOf(name);
        const content = [randomBytes(32).toString('base64'), ...lines, ''].join('\n');
        await writeWhole(name, Buffer.from(content));
        const keys = lines.length + 1;
        await cli.print(
          { file: basename(name), keys },
          `${basename(name)} has ${counted(keys, 'key')}, the new one first`,
        );
        if (lines.length > 0) {
          cli.note(
            'Give it to every server of this store, then say "pixstore keys rotate". Until then keep the old ones.',
          );
        } else cli.note('Back it up: without it no image opens.');
        return exitCodes.done;
      }),
    );
};

async function linesOf(name: string): Promise<string[]> {
  try {
    return (await readFile(name, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(name, cause);
  }
}

function notInFile(): PixstoreError {
  return new PixstoreError(
    'COMMAND_INVALID',
    'The master keys of this store are not in a key file. Make one with "openssl rand -base64 32", and put it first where they are; or say --key-file.',
  );
}
