import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type AddCommand, type GlobalFlags, runCommand } from './cli.js';
import { addAdopt } from './commands/adopt.js';
import { addBackup } from './commands/backup.js';
import { addBackups } from './commands/backups.js';
import { addCheck } from './commands/check.js';
import { addCopy } from './commands/copy.js';
import { addDelete } from './commands/delete.js';
import { addErase } from './commands/erase.js';
import { addExport } from './commands/export.js';
import { addGet } from './commands/get.js';
import { addImport } from './commands/import.js';
import { addInfo } from './commands/info.js';
import { addKeys } from './commands/keys.js';
import { addList } from './commands/list.js';
import { addMigrate } from './commands/migrate.js';
import { addRestore } from './commands/restore.js';
import { addSave } from './commands/save.js';
import { addServe } from './commands/serve.js';
import { addSweep } from './commands/sweep.js';
import { addVerify } from './commands/verify.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import type { Screen } from './screen.js';
import type { Surroundings } from './surroundings.js';

/** In the order in which help shows them. */
const commands: readonly AddCommand[] = [
  addServe,
  addSave,
  addGet,
  addList,
  addInfo,
  addDelete,
  addErase,
  addCheck,
  addSweep,
  addKeys,
  addBackup,
  addBackups,
  addVerify,
  addRestore,
  addAdopt,
  addCopy,
  addExport,
  addImport,
  addMigrate,
];

/** The program with all its commands, and what the one that ran has ended with. */
export function createProgram(surroundings: Surroundings, screen: Screen) {
  const ended: { exitCode: ExitCode } = { exitCode: exitCodes.done };
  const program = new Command('pixstore')
    .description('Looks after a store of private images.')
    .version(version())
    .option('--database <file>', 'SQLite file of the store (default: ./.pixstore.sqlite)')
    .option('--image-dir <folder>', 'folder of larger images (default: pixstore-images)')
    .option('--key-file <file>', 'file with the master keys, one a line (default: beside the database)')
    .option('--config <file>', 'module that exports options of a backend, for PostgreSQL and S3 for instance')
    .option('--json', 'results as JSON, one document a line')
    .option('--quiet', 'no progress and no notes')
    .option('--verbose', 'what an error came from, with its stack')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
      outputError: () => {}, // told by main, as all errors are
      getOutHelpWidth: () => surroundings.stdout.columns ?? 100,
      getOutHasColors: () => false,
    })
    .helpCommand('help [command]', 'says more of a command')
    .addHelpText(
      'after',
      '\nMaster keys: PIXSTORE_MASTER_KEY, else the key file. Exit codes: 0 done, 1 something is wrong or missing, 2 wrong usage, 3 the store could not be opened, 4 failed, 130 stopped.',
    );
  for (const add of commands) {
    add(program, (work) => async (...given) => {
      // Commander hands over the command itself as well, last.
      const command = given.at(-1) as unknown as Command;
      const flags = command.optsWithGlobals<GlobalFlags>();
      ended.exitCode = await runCommand(flags, surroundings, screen, (cli) => work(cli, ...given));
    });
  }
  return { program, ended };
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
