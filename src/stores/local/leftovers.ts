import type { Logger } from '../../shared/errors/gate.js';
import type { StoreProblem } from '../port.js';
import type { BlobFiles } from './blob-files.js';
import type { Changes } from './changes.js';
import { isBlobName } from './file-name.js';
import type { Identity } from './identity.js';
import type { Reads } from './reads.js';

export interface LeftoversOptions {
  reads: Reads;
  files: BlobFiles;
  identity: Identity;
  changes: Changes;
  /** ms since 1970, in whole. */
  time(): number;
  /** A session that nobody ended, and that began so long ago (ms), has no writer any more. */
  abandonedAge: number;
  logger: Logger;
}

// What a writer has under way when it dies is less. When more is left over in one session, something else happened: a
// database was put back, or lost a part of its log.
const mostByCrash = 1_024;

const forgottenAtOnce = 1_000;

/**
 * What nobody needs any more. A blob goes on the word of both sides: a row that says it was given up; or the folder,
 * where it is, of a session that this database knows and has ended, and that no row names it.
 */
export function createLeftovers({ reads, files, identity, changes, time, abandonedAge, logger }: LeftoversOptions) {
  /** Blobs, whole or not, in the folder of a session that neither a row nor the list of what was given up names. */
  async function unnamedIn(session: string): Promise<string[]> {
    const names = await files.list(session);
    return names.filter(
      (name) => isBlobName(name.replace(/\.tmp$/, '')) && !reads.isFileInUse(name) && !reads.isGivenUp(name),
    );
  }

  const abandoned = () => reads.staleSessions(time() - abandonedAge);

  /** One that cannot be removed must not keep the others. */
  const isRemoved = (name: string): Promise<boolean> =>
    files.remove(name).then(
      () => true,
      () => false,
    );

  function warnOfKept(kept: number): void {
    if (kept > 0) logger.warn(`[pixstore] ${kept} files that nobody needs could not be removed. Check who owns them`);
  }

  /** @returns how many files */
  async function removeGivenUp(): Promise<number> {
    let removed = 0;
    let kept = 0;
    let gone: string[] = [];
    const forgetGone = async () => {
      if (gone.length > 0) await changes.make({ kind: 'forget-blobs', files: gone });
      gone = [];
    };
    for (const name of reads.givenUpBlobs()) {
      if (!identity.mayRemove(name)) continue;
      const isUnused = !reads.isFileInUse(name);
      const wasThere = isUnused && (await files.size(name).catch(() => null)) !== null;
      if (isUnused && !(await isRemoved(name))) {
        kept += 1;
        continue;
      }
      if (wasThere) removed += 1;
      if (gone.push(name) === forgottenAtOnce) await forgetGone();
    }
    await forgetGone();
    warnOfKept(kept);
    return removed;
  }

  /** @returns how many files */
  async function sweepSession(session: string, all: boolean): Promise<number> {
    const unnamed = await unnamedIn(session);
    if (unnamed.length > mostByCrash && !all) {
      logger.warn(
        `[pixstore] ${unnamed.length} files of one session are named by no row, more than a crash leaves: none was removed. If the database is the right one, sweep({ all: true }) removes them`,
      );
      return 0;
    }
    let removed = 0;
    for (const name of unnamed) if (await isRemoved(name)) removed += 1;
    warnOfKept(unnamed.length - removed);
    // One without a folder may be about to get it: it stays known.
    if (await files.removeSession(session)) await changes.make({ kind: 'forget-session', session });
    return removed;
  }

  return {
    async sweep(all = false): Promise<number> {
      identity.check();
      if (!identity.isAdopted()) return 0;
      let removed = await removeGivenUp();
      const sessions = abandoned();
      if (sessions.length > 0) await changes.make({ kind: 'end-sessions', sessions, ended: time() });
      for (const session of reads.endedSessions()) removed += await sweepSession(session, all);
      return removed;
    },

    /** What `sweep` would remove, and why it removes nothing. */
    async *problems(): AsyncGenerator<StoreProblem> {
      if (!identity.isAdopted()) yield { kind: 'not-adopted', subject: identity.storeId };
      for (const name of reads.givenUpBlobs()) {
        if ((await files.size(name)) !== null && !reads.isFileInUse(name)) yield { kind: 'leftover', subject: name };
      }
      for (const session of abandoned()) yield* leftIn(session);
      for (const session of reads.endedSessions()) yield* leftIn(session);
    },
  };

  async function* leftIn(session: string): AsyncGenerator<StoreProblem> {
    for (const name of await unnamedIn(session)) yield { kind: 'leftover', subject: name };
  }
}

/** Rows whose blob is gone or has another size. */
export async function* findMissing(reads: Reads, files: BlobFiles): AsyncGenerator<StoreProblem> {
  for (const { id, file, size } of reads.partsInFiles()) {
    const found = isBlobName(file) ? await files.size(file) : null;
    // An update may have replaced the file since its row was read.
    if (found === size || !reads.isFileInUse(file)) continue;
    yield { kind: found === null ? 'ciphertext-missing' : 'ciphertext-damaged', subject: id };
  }
}
