import type { Logger } from '../../shared/errors/gate.js';
import { pagesOf } from '../../shared/pages.js';
import type { LeftoverOptions, MissingOptions, StoreProblem } from '../port.js';
import type { Identity } from './identity.js';
import type { RowStore, Walk } from './row-store.js';
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

const atOnce = 1_000;

// What is removed between two looks at who may remove it.
const removedAtOnce = 64;

/**
 * What nobody needs any more. A blob goes on the word of both sides: a row that says it was given up; or the place where
 * it is, of a session that these rows know and have ended, and that no row names it.
 */
export function createLeftovers({ rows, blobs, identity, time, abandonedAge, logger }: LeftoversOptions) {
  const abandoned = () => rows.openSessions(time() - abandonedAge);

  /** Blobs, whole or not, of a session that neither a row nor the list of what was given up names. */
  async function* unnamedIn(session: string): AsyncGenerator<string> {
    for await (const page of pagesOf(blobs.list(session), atOnce)) yield* await rows.unnamedBlobs(page);
  }

  /** One that cannot be removed must not keep the others. */
  const isRemoved = (name: string): Promise<boolean> =>
    blobs.remove(name).then(
      () => true,
      () => false,
    );

  function warnOfKept(kept: number): void {
    if (kept > 0) logger.warn(`[pixstore] ${kept} files that nobody needs could not be removed. Check who owns them`);
  }

  async function* givenUp(): AsyncGenerator<StoreProblem> {
    for await (const name of rows.givenUpBlobs()) {
      if ((await blobs.size(name)) !== null && !(await rows.isBlobInUse(name))) yield leftover(name);
    }
  }

  async function* removableOf(names: Walk<string>): AsyncGenerator<string> {
    for await (const page of pagesOf(names, removedAtOnce)) yield* await identity.mayRemove(page);
  }

  async function* removeGivenUp(): AsyncGenerator<StoreProblem> {
    let kept = 0;
    const gone: string[] = [];
    const forgetGone = async () => {
      if (gone.length > 0) await rows.forgetBlobs(gone.splice(0));
    };
    try {
      for await (const name of removableOf(rows.givenUpBlobs())) {
        const isUnused = !(await rows.isBlobInUse(name));
        const wasThere = isUnused && (await blobs.size(name).catch(() => null)) !== null;
        if (isUnused && !(await isRemoved(name))) {
          kept += 1;
          continue;
        }
        if (gone.push(name) === atOnce) await forgetGone();
        if (wasThere) yield leftover(name);
      }
    } finally {
      await forgetGone();
      warnOfKept(kept);
    }
  }

  /** What is left over of a session; with `onlyAll` when that is more than a crash leaves. */
  async function* leftIn(session: string): AsyncGenerator<StoreProblem> {
    const first: string[] = [];
    let count = 0;
    for await (const name of unnamedIn(session)) if (++count <= mostByCrash) first.push(name);
    if (count <= mostByCrash) yield* first.map(leftover);
    else for await (const name of unnamedIn(session)) yield { ...leftover(name), onlyAll: true };
  }

  async function* sweepSession(session: string, all: boolean): AsyncGenerator<StoreProblem> {
    let tooMany = 0;
    let kept = 0;
    const isSessionRemoved = () =>
      blobs.removeSession(session).catch(() => {
        kept += 1;
        return false;
      });
    for await (const found of leftIn(session)) {
      if (found.onlyAll && !all) tooMany += 1;
      else if (await isRemoved(found.subject)) yield leftover(found.subject);
      else kept += 1;
    }
    // What cannot be told to be empty may be about to be made: the session stays known.
    if (tooMany === 0 && (await isSessionRemoved())) await rows.forgetSession(session);
    warnOfKept(kept);
    if (tooMany > 0) {
      logger.warn(
        `[pixstore] ${tooMany} files of one session are named by no row, more than a crash leaves: none was removed. If the database is the right one, sweep({ all: true }) removes them`,
      );
    }
  }

  async function* remove(all: boolean): AsyncGenerator<StoreProblem> {
    await identity.check();
    if (!(await identity.isAdopted())) {
      yield { kind: 'not-adopted', subject: await identity.storeId() };
      return;
    }
    yield* removeGivenUp();
    const sessions = await abandoned();
    if (sessions.length > 0) await rows.endSessions(sessions, time());
    for await (const session of rows.endedSessions()) yield* sweepSession(session, all);
  }

  async function* find(foreign: boolean): AsyncGenerator<StoreProblem> {
    if (!(await identity.isAdopted())) yield { kind: 'not-adopted', subject: await identity.storeId() };
    yield* givenUp();
    for (const session of await abandoned()) yield* leftIn(session);
    for await (const session of rows.endedSessions()) yield* leftIn(session);
    if (!foreign) return;
    for await (const subject of blobs.foreign((session) => rows.hasSession(session)))
      yield { kind: 'foreign', subject };
  }

  /** One after the other, found or, with `remove`, removed. */
  return (options: LeftoverOptions = {}): AsyncGenerator<StoreProblem> =>
    options.remove ? remove(options.all === true) : find(options.foreign === true);
}

const leftover = (subject: string): StoreProblem => ({ kind: 'leftover', subject });

/** Rows whose blob is gone or has another size. */
export async function* findMissing(
  rows: RowStore,
  blobs: SessionBlobs,
  onPart?: MissingOptions['onPart'],
): AsyncGenerator<StoreProblem> {
  for await (const { id, blob, size } of rows.partsInBlobs()) {
    await onPart?.();
    const found = await blobs.size(blob);
    // An update may have replaced the blob since its row was read.
    if (found === size || !(await rows.isBlobInUse(blob))) continue;
    yield { kind: found === null ? 'ciphertext-missing' : 'ciphertext-damaged', subject: id };
  }
}
