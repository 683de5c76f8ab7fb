import { copyStore, type ImageStore, openLocalStore, PixstoreError, type Rate } from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, countText, printable, sizeText } from '../format.js';
import { importDefault } from '../imported.js';
import { linesOf } from '../store-options.js';
import { rate as rateOf } from '../values.js';

interface CopyFlags {
  to?: string;
  toDatabase?: string;
  toImageDir?: string;
  finish: boolean;
  verifyCopied?: true;
  keepProofs?: true;
  rate?: Rate;
}

export const addCopy: AddCommand = (program, run) => {
  program
    .command('copy')
    .description('copies the store into a new one, while it goes on being used')
    .option('--to-database <file>', 'SQLite file of the new store')
    .option('--to-image-dir <folder>', 'its folder of larger images')
    .option('--to <module>', 'or a module whose default export is the new store')
    .option('--no-finish', 'leave it shut: a later copy brings what has changed, and finishes it')
    .option('--verify-copied', 'read back only what this call copies')
    .option('--keep-proofs', 'proofs of the one store are good for the other')
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, flags: CopyFlags) => {
        const { finish, verifyCopied, keepProofs = false, rate = {} } = flags;
        const from = await cli.open();
        const to = await openTarget(flags, (text) => cli.warn(text));
        const progress = cli.progress('copy', 'image');
        const summary = { copied: 0, same: 0, removed: 0, bytes: 0, failures: 0 };
        try {
          const verify = verifyCopied ? 'copied' : 'all';
          const steps = copyStore({ from, to, finish, verify, keepProofs, rate, signal: cli.signal });
          let failures: readonly { id: string; error: Error }[] = [];
          for await (const { done, total, copied, same, removed, bytes, ...step } of steps) {
            progress.update({ done, total: Math.max(done, total), bytes });
            Object.assign(summary, { copied, same, removed, bytes, failures: step.failures.length });
            failures = step.failures;
          }
          progress.end();
          for (const { id, error } of failures) {
            await cli.print({ id, error: error.message }, `${printable(id)}\n  ${printable(error.message)}`);
          }
        } finally {
          await to.close();
        }
        const { copied, removed, bytes } = summary;
        const gone = removed > 0 ? `, ${countText(removed)} removed` : '';
        await cli.print({ summary }, `${counted(copied, 'image')} copied, ${sizeText(bytes)}${gone}`);
        cli.note(finish ? 'The copy is whole.' : 'The copy is shut until a copy without --no-finish.');
        return summary.failures > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};

async function openTarget(
  { to, toDatabase, toImageDir }: CopyFlags,
  line: (text: string) => void,
): Promise<ImageStore> {
  if (to !== undefined && toDatabase === undefined && toImageDir === undefined) {
    const store = (await importDefault(to, '--to')) as Partial<ImageStore> | undefined;
    if (typeof store?.putKeyRing === 'function') return store as ImageStore;
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The module of --to must export a store: export default splitStore(...).',
    );
  }
  if (to === undefined && toDatabase !== undefined && toImageDir !== undefined) {
    return openLocalStore({ databasePath: toDatabase, imageRootDir: toImageDir, logger: linesOf(line, true) });
  }
  throw new PixstoreError(
    'COMMAND_INVALID',
    'Say where the copy goes: --to-database with --to-image-dir, or --to with a module.',
  );
}
