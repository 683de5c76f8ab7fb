import type { Rate, VerifyProgress } from '../../backend/index.js';
import { placeHelp, readPlace } from '../backup-place.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, printable, sizeText } from '../format.js';
import { rate as rateOf, share } from '../values.js';

interface VerifyFlags {
  backup?: string;
  sample?: number;
  rate?: Rate;
}

export const addVerify: AddCommand = (program, run) => {
  program
    .command('verify')
    .description('reads a backup, and decrypts every image of it')
    .argument('<place>', placeHelp)
    .option('--backup <name>', 'this one in place of the latest')
    .option('--sample <part>', 'only so many of them, at random: 0.1, or 10%', share)
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, where: string, { backup, sample = 1, rate = {} }: VerifyFlags) => {
        const backend = await cli.open({ shut: true });
        const place = await readPlace(where);
        const progress = cli.progress('verify', 'image');
        const options = { sample, rate, signal: cli.signal, ...(backup !== undefined && { backup }) };
        let last: VerifyProgress | undefined;
        let told = 0;
        for await (const step of backend.verifyBackup(place, options)) {
          progress.update({ done: step.done, total: step.total, bytes: step.bytes });
          for (const { subject, error } of step.damaged.slice(told)) {
            await cli.print({ subject, error: error.message }, `${printable(subject)}\n  ${printable(error.message)}`);
          }
          told = step.damaged.length;
          last = step;
        }
        progress.end();
        if (!last) return undefined;
        const { backup: name, sound, skipped, erased, bytes, damaged } = last;
        const summary = { backup: name, sound, skipped, erased, bytes, damaged: damaged.length };
        await cli.print({ summary }, summaryText(summary));
        return damaged.length > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};

function summaryText({ backup, sound, erased, bytes, damaged }: Record<string, number | string>): string {
  const left = Number(erased) > 0 ? [`${counted(Number(erased), 'image')} of folders that were erased`] : [];
  const found = Number(damaged) > 0 ? `${counted(Number(damaged), 'problem')}` : 'nothing is wrong';
  return [`${backup}: ${counted(Number(sound), 'image')} decrypted, ${sizeText(Number(bytes))}`, found, ...left].join(
    '; ',
  );
}
