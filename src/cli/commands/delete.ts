import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';

export const addDelete: AddCommand = (program, run) => {
  program
    .command('delete')
    .description('removes images and destroys their keys')
    .argument('<id...>')
    .action(
      run(async (cli, ids: string[]) => {
        const backend = await cli.open();
        let missing = 0;
        for (const id of ids) {
          cli.signal.throwIfAborted();
          const deleted = await backend.deleteImage(id);
          if (!deleted) missing += 1;
          await cli.print({ id, deleted }, `${deleted ? 'deleted' : 'no image has the id'} ${id}`);
        }
        return missing > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};
