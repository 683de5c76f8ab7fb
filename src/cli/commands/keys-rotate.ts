import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted } from '../format.js';

export const addKeysRotate: AddCommand = (program, run) => {
  program
    .command('rotate')
    .description('exchanges the master key for the first one that is given')
    .option('--compromised', 'the old one has leaked: seal everything anew, and let no proof of before pass')
    .action(
      run(async (cli, { compromised }: { compromised?: true }) => {
        const backend = await cli.open();
        const progress = cli.progress('rotate', 'part');
        const { images } = await backend.stats();
        const summary = { keys: 0, folders: 0, images: 0, damaged: 0 };
        for await (const step of backend.rotateMasterKey({ compromised: compromised === true, signal: cli.signal })) {
          summary[step.step] = step.done;
          summary.damaged = step.damaged;
          if (step.step === 'images') progress.update({ done: step.done, total: Math.max(images, step.done) });
        }
        progress.end();
        const { keys, folders, damaged } = summary;
        const parts = summary.images;
        const sealed = compromised ? `; ${counted(folders, 'folder')} and ${counted(parts, 'part')} sealed anew` : '';
        await cli.print(
          { keys, folders, parts, damaged },
          `${counted(keys, 'key')} of the store wrapped by the new master key${sealed}`,
        );
        if (damaged > 0) {
          cli.warn(
            `pixstore: ${counted(damaged, 'part')} did not open and still need the old keys. Say "pixstore check", mend or delete them, and rotate again.`,
          );
          return exitCodes.found;
        }
        const { masterKeys } = await backend.keys();
        cli.note(
          masterKeys.length > 1
            ? 'The first key alone opens the store now. Take the others away from every server.'
            : 'There is one master key, and it is in use still: "pixstore keys new" makes another.',
        );
        return exitCodes.done;
      }),
    );
};
