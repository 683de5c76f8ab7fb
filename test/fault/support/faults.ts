import type { PixstoreErrorCode } from '../../../src/shared/index.js';

export type Layer = 'files' | 'database';

/** One way in which disk and database fail. */
export interface FaultKind {
  name: string;
  files(): Error;
  database(): Error;
  /** What callers must be told. */
  code: PixstoreErrorCode;
}

export interface Fault {
  /** Which call fails: 1 is the first after `arm`. */
  call: number;
  kind: FaultKind;
  /**
   * `instead`: nothing is done. `afterwards`: it is done, and failure reported all the same. `rolled back`: nothing is
   * done, and SQLite has ended the transaction of its own accord, as it may when the disk fails.
   */
  mode: 'instead' | 'afterwards' | 'rolled back';
  /** All calls after it fail as well, until `disarm`. */
  lasting?: boolean;
}

export interface Faults {
  arm(fault: Fault | undefined): void;
  /** @returns the calls made since `arm` */
  disarm(): Layer[];
  /** Makes a call, or makes it fail; `undo` is run when SQLite is to end its transaction. */
  through<Result>(layer: Layer, work: () => Result, undo?: () => void): Result;
}

export function describeFault({ call, kind, mode, lasting }: Fault): string {
  return `${kind.name}, ${mode}, at call ${call}${lasting ? ' and all after it' : ''}`;
}

/** Counts calls to disk and database, and makes chosen ones fail. Hand it to `faultyFileSystem` and `faultyDriver`. */
export function createFaults(): Faults {
  let fault: Fault | undefined;
  let calls: Layer[] | undefined;

  return {
    arm(next) {
      fault = next;
      calls = [];
    },
    disarm() {
      const made = calls ?? [];
      fault = undefined;
      calls = undefined;
      return made;
    },
    through(layer, work, undo) {
      const call = calls?.push(layer) ?? 0;
      if (!fault || call < fault.call || (call > fault.call && !fault.lasting)) return work();
      const { kind, mode } = fault;
      if (mode === 'rolled back') undo?.();
      if (mode !== 'afterwards' || call > fault.call) throw kind[layer]();
      const result = work();
      if (!(result instanceof Promise)) throw kind[layer]();
      return result.then(() => {
        throw kind[layer]();
      }) as typeof result;
    },
  };
}

const onDisk = (code: string) => () =>
  Object.assign(new Error(`${code}: the test's disk failed`), { code, syscall: 'test' });
// The two drivers tell the reason in different ways.
const inBetterSqlite = (code: string) => () =>
  Object.assign(new Error('the test failed'), { name: 'SqliteError', code });
const inNodeSqlite = (errcode: number) => () =>
  Object.assign(new Error('the test failed'), { code: 'ERR_SQLITE_ERROR', errcode });

export const faultKinds: readonly FaultKind[] = [
  { name: 'EIO', files: onDisk('EIO'), database: inBetterSqlite('SQLITE_IOERR_WRITE'), code: 'STORAGE_FAILED' },
  { name: 'EMFILE', files: onDisk('EMFILE'), database: inNodeSqlite(778), code: 'STORAGE_FAILED' },
  { name: 'EACCES', files: onDisk('EACCES'), database: inBetterSqlite('SQLITE_BUSY'), code: 'STORAGE_FAILED' },
  { name: 'EROFS', files: onDisk('EROFS'), database: inNodeSqlite(5), code: 'STORAGE_FAILED' },
  { name: 'ENOSPC', files: onDisk('ENOSPC'), database: inBetterSqlite('SQLITE_FULL'), code: 'STORAGE_FULL' },
  { name: 'EDQUOT', files: onDisk('EDQUOT'), database: inNodeSqlite(13), code: 'STORAGE_FULL' },
];
