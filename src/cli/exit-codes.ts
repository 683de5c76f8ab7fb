/** What a command ends with. docs/cli.md has the same table. */
export const exitCodes = {
  done: 0,
  /** Something wrong was found, or what was asked for is not there, or a part of the work failed. */
  found: 1,
  /** A command, an option or an id is wrong: nothing was done. */
  usage: 2,
  /** The store could not be opened: nothing was done. */
  notOpened: 3,
  /** It could not go on: a full disk, a place that cannot be written. The store is whole. */
  failed: 4,
  /** Stopped by Ctrl-C, or by SIGTERM. */
  stopped: 130,
  /** Whoever read the results has gone, such as `head`. */
  unread: 141,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
