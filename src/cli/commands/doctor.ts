import { type BackendConfig, diagnose, type Finding, PixstoreError } from '../../backend/index.js';
import type { AddCommand, Cli } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../format.js';

interface DoctorFlags {
  url?: string;
}

export const addDoctor: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('looks for what is often wrong, and says what to do; changes nothing')
    .option('--url <url>', 'of the endpoint, as pages have it: it is asked once')
    .action(
      run(async (cli, { url }: DoctorFlags) => {
        const findings = await findAll(cli, url);
        for (const finding of findings) {
          const { check, status, message, advice } = finding;
          const text = `${status}\t${check}\t${printable([message, advice].filter(Boolean).join(' '))}`;
          await cli.print(finding, text);
        }
        return findings.some(({ status }) => status === 'wrong') ? exitCodes.found : exitCodes.done;
      }),
    );
};

/** A file of `--config` that cannot be loaded is something that is wrong, too: a package that it needs is missing. */
async function findAll(cli: Cli, url: string | undefined): Promise<Finding[]> {
  let options: BackendConfig;
  try {
    options = await cli.storeOptions();
  } catch (error) {
    if (!(error instanceof PixstoreError) || error.code !== 'CONFIG_INVALID') throw error;
    const reason = error.cause instanceof PixstoreError ? error.cause : error;
    return [{ check: 'options', status: 'wrong', message: reason.message }];
  }
  return diagnose(options, url === undefined ? {} : { url });
}
