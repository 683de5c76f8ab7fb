import type { Rate } from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, sizeText } from '../format.js';
import { rate as rateOf, time } from '../values.js';

interface ReencryptFlags {
  before?: number;
  dir?: string;
  rate?: Rate;
}

export const addKeysReencrypt: AddCommand = (program, run) => {
  program
    .command('reencrypt')
    .description('gives images new keys and bytes, after keys of images have leaked')
    .option('--before <time>', 'those from before it, such as 2026-11-30T01:00:00Z; default: now, so all', time)
    .option('--dir <folder>', 'of this folder alone')
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, { before = cli.now(), dir, rate = {} }: ReencryptFlags) => {
        const backend = await cli.open();
        const goOn = `--before ${new Date(before).toISOString()}`;
        cli.note(`If this is stopped, go on with ${goOn}`);
        const progress = cli.progress('reencrypt', 'image');
        const summary = { reencrypted: 0, unchanged: 0, failed: 0, bytes: 0, before };
        const options = { before, rate, signal: cli.signal, ...(dir !== undefined && { dir }) };
        for await (const { id, outcome, error, done, total, bytes } of backend.reencrypt(options)) {
          summary[outcome] += 1;
          summary.bytes = bytes;
          if (error) cli.warn(`pixstore: ${id}: ${error.message} (${error.code})`);
          await cli.print({ id, outcome, ...(error && { error: { code: error.code, message: error.message } }) });
          progress.update({ done, total: dir === undefined ? total : undefined, bytes });
        }
        progress.end();
        const { reencrypted, unchanged, failed } = summary;
        const others = [
          unchanged > 0 && `${counted(unchanged, 'image')} from later`,
          failed > 0 && `${counted(failed, 'image')} failed`,
        ];
        const text = [`${counted(reencrypted, 'image')} with new keys, ${sizeText(summary.bytes)}`, ...others];
        await cli.print({ summary }, text.filter(Boolean).join('; '));
        return failed > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};
