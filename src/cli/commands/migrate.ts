import type { AddCommand } from '../cli.js';
import { requireSource } from '../import-source.js';
import { reportEach } from '../outcomes.js';

interface MigrateFlags {
  fromV3: string;
  newTokens?: true;
}

export const addMigrate: AddCommand = (program, run) => {
  program
    .command('migrate')
    .description('takes over the images of a store that pixstore 3.x made')
    .requiredOption('--from-v3 <database>', 'its SQLite file, which is only read')
    .argument('<folder>', 'its folder of images')
    .option('--new-tokens', 'new tokens for images that cannot keep theirs, since images were deleted here')
    .action(
      run(async (cli, folder: string, { fromV3, newTokens }: MigrateFlags) => {
        requireSource(fromV3, 'file');
        requireSource(folder, 'folder');
        const backend = await cli.open({ make: true });
        const from = { database: fromV3, imageDir: folder, newTokens: newTokens === true, signal: cli.signal };
        return reportEach(cli, backend.migrateFromV3(from), {
          label: 'migrate',
          nameOf: ({ id }) => id,
          outcomes: ['migrated', 'present', 'failed'],
        });
      }),
    );
};
