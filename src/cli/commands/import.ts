import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import {
  type BackendConfig,
  createMemoryStore,
  createPixstoreBackend,
  type ImportOptions,
  PixstoreError,
} from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { listedBy, requireSource } from '../import-source.js';
import { reportEach } from '../outcomes.js';

interface ImportFlags {
  from?: string;
  prefix?: string;
  dir?: string;
  ids?: 'paths' | 'random';
  journal?: string;
}

export const addImport: AddCommand = (program, run) => {
  program
    .command('import')
    .description('keeps files as images, as they are: an export, any folder, a bucket')
    .argument('[folder]', 'with an export, or with image files')
    .option('--from <module>', 'in place of a folder: exports a Files of files-sdk, or what lists { name, read() }')
    .option('--prefix <text>', 'of a bucket, what begins like this')
    .option('--dir <name>', 'into this folder of the store (default: the first folder of each path)')
    .addOption(new Option('--ids <how>', 'ids from paths, or random ones').choices(['paths', 'random']))
    .option('--journal <file>', 'says what is done (default: beside the database)')
    .action(
      run(async (cli, folder: string | undefined, { from, prefix, dir, ids, journal }: ImportFlags) => {
        const source = folder ?? from;
        if (source === undefined || (folder !== undefined && from !== undefined)) {
          throw new PixstoreError('COMMAND_INVALID', 'Say either a folder or --from, and not both.');
        }
        if (folder !== undefined) requireSource(folder, 'folder');
        const files = folder ?? (await listedBy(source, prefix));
        const path = journal ?? journalFor([resolve(source), dir, ids ?? 'paths'], await cli.storeOptions());
        const how = {
          ...(dir !== undefined && { dir }),
          ...(ids !== undefined && { ids }),
          ...(path !== undefined && { journal: path }),
          signal: cli.signal,
        };
        await tryOut(how);
        const backend = await cli.open({ make: true });
        return reportEach(cli, backend.importImages(files, how), {
          label: 'import',
          nameOf: ({ name }) => name,
          outcomes: ['imported', 'present', 'skipped', 'failed'],
          unit: 'file',
        });
      }),
    );
};

/**
 * Imports nothing, into a store in memory: what is wrong with the options is said before a store is made. A journal that is
 * not there is not begun by that, since the store may be one that does not open.
 *
 * @throws PixstoreError `IMAGE_DIR_INVALID`, `JOURNAL_UNUSABLE`
 */
async function tryOut({ journal, ids, ...how }: ImportOptions): Promise<void> {
  const nowhere = createPixstoreBackend({
    ...{ store: createMemoryStore(), masterKey: randomBytes(32).toString('hex'), defaultEndpointEnabled: false },
    errorHandlingMode: 'throw',
  });
  const begun = journal !== undefined && existsSync(journal) && { journal, ...(ids && { ids }) };
  try {
    for await (const _ of nowhere.importImages([], { ...how, ...begun }));
  } finally {
    await nowhere.close();
  }
}

/**
 * Another one for each source, and for each way to choose ids, since these are in it; a store of one's own has no place
 * for it.
 */
function journalFor(
  what: readonly (string | undefined)[],
  { store, databasePath = './.pixstore.sqlite' }: BackendConfig,
): string | undefined {
  if (store !== undefined) return undefined;
  const name = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);
  return `${databasePath}.import-${name}.jsonl`;
}
