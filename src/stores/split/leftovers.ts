import type { Logger } from '../../shared/errors/gate.js';
import type { StoreProblem } from '../port.js';
import type { Identity } from './identity.js';
import type { RowStore } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';

export interface LeftoversOptions {
  rows: RowStore;
  blobs: SessionBlobs;
  identity: Identity;
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
 * What nobody needs any more. A blob goes on the word of both sides: a row that says it was given up; or the place where
 * it is, of a session that these rows know and have ended, and that no row names it.
 */
export function createLeftovers({ rows, blobs, identity, time, abandonedAge, logger }: LeftoversOptions) {
  /** Blobs, whole or not, of a session that neither a row nor the list of what was given up names. */
  const unnamedIn = async (session: string) => rows.unnamedBlobs(await blobs.list(session));

  const abandoned = () => rows.openSessions(time() - abandonedAge);

  /** One that cannot be removed must not keep the others. */
  const isRemoved = (name: string): Promise<boolean> =>
    blobs.remove(name).then(
      () => true,
      () => false,
    );

  function warnOfKept(kept: number): void {
    if (kept > 0) logger.warn(`[pixstore] ${kept} files that nobody needs could not be removed. Check who owns them`);
  }

  /** @returns how many blobs */
  async function removeGivenUp(): Promise<number> {
    let removed = 0;
    let kept = 0;
    let gone: string[] = [];
    const forgetGone = async () => {
      if (gone.length > 0) await rows.forgetBlobs(gone);
      gone = [];
    };
    for await (const name of rows.givenUpBlobs()) {
      if (!(await identity.mayRemove(name))) continue;
      const isUnused = !(await rows.isBlobInUse(name));
      const wasThere = isUnused && (await blobs.size(name).catch(() => null)) !== null;
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

  /** @returns how many blobs */
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
    // What cannot be told to be empty may be about to be made: the session stays known.
    if (await blobs.removeSession(session)) await rows.forgetSession(session);
    return removed;
  }

  async function* leftIn(session: string): AsyncGenerator<StoreProblem> {
    for (const name of await unnamedIn(session)) yield { kind: 'leftover', subject: name };
  }

  return {
    async sweep(all = false): Promise<number> {
      await identity.check();
      if (!(await identity.isAdopted())) return 0;
      let removed = await removeGivenUp();
      const sessions = await abandoned();
      if (sessions.length > 0) await rows.endSessions(sessions, time());
      for await (const session of rows.endedSessions()) removed += await sweepSession(session, all);
      return removed;
    },

    /** What `sweep` would remove, and why it removes nothing. */
    async *problems(): AsyncGenerator<StoreProblem> {
      if (!(await identity.isAdopted())) yield { kind: 'not-adopted', subject: await identity.storeId() };
      for await (const name of rows.givenUpBlobs()) {
        if ((await blobs.size(name)) !== null && !(await rows.isBlobInUse(name))) {
          yield { kind: 'leftover', subject: name };
        }
      }
      for (const session of await abandoned()) yield* leftIn(session);
      for await (const session of rows.endedSessions()) yield* leftIn(session);
    },
  };
}

/** Rows whose blob is gone or has another size. */
export async function* findMissing(rows: RowStore, blobs: SessionBlobs): AsyncGenerator<StoreProblem> {
  for await (const { id, blob, size } of rows.partsInBlobs()) {
    const found = await blobs.size(blob);
    // An update may have replaced the blob since its row was read.
    if (found === size || !(await rows.isBlobInUse(blob))) continue;
    yield { kind: found === null ? 'ciphertext-missing' : 'ciphertext-damaged', subject: id };
  }
}
