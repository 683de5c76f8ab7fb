import { listBackups } from '../../backend/index.js';
import { placeHelp, readPlace } from '../backup-place.js';
import type { AddCommand } from '../cli.js';
import { counted, sizeText, timeText } from '../format.js';

export const addBackups: AddCommand = (program, run) => {
  program
    .command('backups')
    .description('lists the backups of a place, the latest last')
    .argument('<place>', placeHelp)
    .action(
      run(async (cli, where: string) => {
        for (const { name, begun, ended, images, bytes, problems } of await listBackups(await readPlace(where))) {
          const columns = [name, timeText(ended), counted(images, 'image'), sizeText(bytes)];
          if (problems.length > 0) columns.push(`${counted(problems.length, 'image')} damaged`);
          await cli.print({ name, begun, ended, images, bytes, problems }, columns.join('\t'));
        }
        return undefined;
      }),
    );
};
