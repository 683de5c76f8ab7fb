import type { Command } from 'commander';
import { type BackendConfig, createPixstoreBackend, type PixstoreBackend } from '../backend/index.js';
import { confirm } from './confirm.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { NotOpened } from './failures.js';
import { jsonText } from './format.js';
import { createProgress, type Progress } from './progress.js';
import type { Screen } from './screen.js';
import { linesOf, readStoreOptions, requireThere, type StoreFlags } from './store-options.js';
import type { StyleName } from './style.js';
import type { Surroundings } from './surroundings.js';

/** Options that all commands have. */
export interface GlobalFlags extends StoreFlags {
  json?: true;
  quiet?: true;
  verbose?: true;
}

/** How a command opens the store. */
export interface OpenOptions {
  /** Make one where there is none. Default: false, and then `STORE_NOT_FOUND`. */
  make?: boolean;
  /** Neither look for the store nor open it: it is filled from a backup, or not needed. No key is made for it either. */
  shut?: boolean;
  /** Options of the backend that are the command's own. */
  config?: BackendConfig;
}

export type Backend = PixstoreBackend<never>;

/** What a command works with. */
export interface Cli {
  readonly flags: GlobalFlags;
  readonly env: Surroundings['env'];
  /** Aborted by Ctrl-C: hand it on, or ask it between two steps. */
  readonly signal: AbortSignal;
  /** ms since 1970. */
  now(): number;
  /** A result: with `--json` the value as a line of JSON, else the text; without a text nothing. */
  print(value: object, text?: string): Promise<void>;
  /** Results that are no text. */
  printBytes(bytes: Uint8Array): Promise<void>;
  /** Tells people something that is no result; `--quiet` keeps it away. */
  note(text: string): void;
  /** The same, also with `--quiet`: something is wrong. */
  warn(text: string): void;
  /** Text in a colour, for `note` and `warn`. */
  style(name: StyleName, text: string): string;
  /** @param unit - one of what is counted, such as `image` */
  progress(label: string, unit: string): Progress;
  /** Asks on the terminal. @throws PixstoreError `COMMAND_INVALID` where nobody can be asked */
  confirm(question: string): Promise<boolean>;
  /** Options of the backend, by command line and `--config`. @throws PixstoreError `CONFIG_INVALID`, `COMMAND_INVALID` */
  storeOptions(): Promise<BackendConfig>;
  /** The store, opened; closed when the command ends. Errors are thrown. */
  open(options?: OpenOptions): Promise<Backend>;
}

/**
 * Makes a command of its work. It gets what commander hands over, arguments first and then options.
 *
 * @example
 * program.command('list').argument('[folder]').action(run(async (cli, folder?: string) => { ... }));
 */
export type Run = <Arguments extends unknown[]>(
  work: (cli: Cli, ...given: Arguments) => Promise<ExitCode | undefined>,
) => (...given: Arguments) => Promise<void>;

/** Adds a command to the program; every file of commands/ exports one. */
export type AddCommand = (program: Command, run: Run) => void;

const silent: Progress = { update() {}, end() {} };

/** Runs one command. @returns its exit code */
export async function runCommand(
  flags: GlobalFlags,
  surroundings: Surroundings,
  screen: Screen,
  work: (cli: Cli) => Promise<ExitCode | undefined>,
): Promise<ExitCode> {
  const opened: Backend[] = [];

  async function open({ make = false, shut = false, config }: OpenOptions = {}): Promise<Backend> {
    const options = await storeOptions();
    try {
      if (!make && !shut) requireThere(options);
      const backend = createPixstoreBackend({
        defaultEndpointEnabled: false,
        ...(!make && { keyFile: 'require' as const }),
        logger: linesOf(screen.line, flags.quiet === true),
        ...options,
        ...(!config?.defaultEndpointEnabled && { defaultEndpointEnabled: false }),
        ...config,
        errorHandlingMode: 'throw',
      });
      opened.push(backend);
      if (!shut) await backend.ready;
      return backend;
    } catch (error) {
      throw new NotOpened(error);
    }
  }

  const storeOptions = () => readStoreOptions(flags);

  const cli: Cli = {
    flags,
    env: surroundings.env,
    signal: surroundings.signal,
    now: surroundings.now,
    async print(value, text) {
      if (flags.json) await screen.result(jsonText(value));
      else if (text !== undefined) await screen.result(text);
    },
    printBytes: screen.bytes,
    note(text) {
      if (!flags.quiet) screen.line(text);
    },
    warn: screen.line,
    style: screen.style,
    progress: (label, unit) => (flags.quiet ? silent : createProgress({ screen, label, unit, now: surroundings.now })),
    confirm: (question) => confirm(question, surroundings),
    storeOptions,
    open,
  };
  try {
    return (await work(cli)) ?? exitCodes.done;
  } finally {
    screen.status('');
    await Promise.all(opened.map((backend) => backend.close()));
  }
}
