import { once } from 'node:events';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { wholeNumber } from '../values.js';

interface ServeFlags {
  port?: number;
  host?: string;
  route?: string;
  origin?: string[];
}

export const addServe: AddCommand = (program, run) => {
  program
    .command('serve')
    .description('serves images to whoever has a record of them, until it is stopped')
    .option('--port <number>', 'default: 7482', wholeNumber)
    .option('--host <address>', 'default: 0.0.0.0')
    .option('--route <path>', 'default: /pixstore-image')
    .option('--origin <origins...>', 'pages that may fetch images; default: all')
    .action(
      run(async (cli, { port, host, route, origin }: ServeFlags) => {
        const backend = await cli.open({
          config: {
            defaultEndpointEnabled: true,
            ...(port !== undefined && { defaultEndpointListenPort: port }),
            ...(host !== undefined && { defaultEndpointListenHost: host }),
            ...(route !== undefined && { defaultEndpointRoute: route }),
            ...(origin && { accessControlAllowOrigin: origin }),
          },
        });
        const { address, port: listens } = backend.address() ?? { address: '', port: 0 };
        await cli.print(
          { address, port: listens },
          `serving on ${address.includes(':') ? `[${address}]` : address}:${listens}`,
        );
        if (!cli.signal.aborted) await once(cli.signal, 'abort');
        cli.note('Ending what is under way.');
        await backend.close();
        return exitCodes.done;
      }),
    );
};
