import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, timeText } from '../format.js';

export const addKeysList: AddCommand = (program, run) => {
  program
    .command('list')
    .description('lists master keys and the keys that they wrap, by names that tell nothing of a key')
    .action(
      run(async (cli) => {
        const backend = await cli.open();
        const overview = await backend.keys();
        const masters = overview.masterKeys.map(({ id, wraps }, index) => {
          const unused = index === 0 ? 'wraps nothing yet' : 'wraps nothing: not needed here any more';
          const use = wraps > 0 ? `wraps ${counted(wraps, 'key')}` : unused;
          return `master key ${id}\t${use}${index === 0 ? '; is for what is new' : ''}`;
        });
        const others = overview.storeKeys.map(({ purpose, id, wrappedBy, until }) => {
          const end = until === null ? '' : `; until ${timeText(until)}`;
          return `${purpose} key ${id}\twrapped by ${wrappedBy}${end}`;
        });
        await cli.print(overview, [...masters, ...others].join('\n'));
        return exitCodes.done;
      }),
    );
};
