import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, sizeText } from '../format.js';

export const addInfo: AddCommand = (program, run) => {
  program
    .command('info')
    .description('says what the store holds, and how it is')
    .action(
      run(async (cli) => {
        const backend = await cli.open();
        const [{ images, bytes }, health] = [await backend.stats(), await backend.health()];
        await cli.print(
          { images, bytes, ...health },
          [`${counted(images, 'image')}, ${sizeText(bytes)}; ${health.status}`, ...health.problems].join('\n'),
        );
        return health.status === 'ok' ? exitCodes.done : exitCodes.found;
      }),
    );
};
