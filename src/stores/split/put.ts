import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageVersion, Part } from '../port.js';
import type { GivenUp } from './given-up.js';
import type { Identity } from './identity.js';
import type { KeepOutcome, RowPart, RowVersion } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';
import type { Sessions } from './sessions.js';
import { overQuota } from './split-errors.js';

export interface PutOptions {
  blobs: SessionBlobs;
  sessions: Sessions;
  givenUp: GivenUp;
  identity: Identity;
  /** Ciphertexts up to so many bytes go into rows. */
  inlineUpTo: number;
}

// A sweep may end the session that a version is being written in. It happens once an hour at most.
const mostRepeats = 5;

/** Parts to be kept, and what keeps their rows. */
export interface Put extends ImageVersion {
  keepRows(version: RowVersion): Promise<KeepOutcome>;
}

export type Done = Extract<KeepOutcome, { kind: 'done' }>;

/** Keeps parts: their blobs first, in a session, then their rows; and removes the blobs that were given up for them. */
export function createPut({ blobs, sessions, givenUp, identity, inlineUpTo }: PutOptions) {
  const isLarge = ({ ciphertext }: Part) => ciphertext.length > inlineUpTo;

  async function writeBlobs(session: string, parts: readonly Part[]): Promise<(string | null)[]> {
    const written: (string | null)[] = [];
    try {
      for (const part of parts) written.push(isLarge(part) ? await blobs.write(session, part.ciphertext) : null);
    } catch (error) {
      await givenUp.discard(written);
      throw error;
    }
    return written;
  }

  /** Of parts that were not added, since there were such already. */
  async function discardKept({ parts }: Put, written: readonly (string | null)[], added: readonly string[]) {
    const isAdded = ({ variant }: Part) => variant !== undefined && added.includes(variant);
    await givenUp.discard(written.filter((_, index) => !isAdded(parts[index] as Part)));
  }

  /** @returns undefined when the session was ended meanwhile: then nothing was changed */
  async function putInSession(put: Put, count: number): Promise<Done | null | undefined> {
    const session = await sessions.enter(count);
    try {
      const written = await writeBlobs(session.id, put.parts);
      const outcome = await put.keepRows(toRowVersion(put, written, session.id));
      if (outcome.kind === 'done') {
        if (outcome.added) await discardKept(put, written, outcome.added);
        return outcome;
      }
      // After a commit that failed, a crash might yet bring its row back.
      if (outcome.kind !== 'failed' || !outcome.uncertain) await givenUp.discard(written);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'over-quota') throw overQuota(put.quota);
      if (outcome.kind === 'refused') return null;
    } catch (error) {
      // A sweep that ended the session may have taken its folder as well.
      if (!isFolderGone(error) || !(await identity.isThere())) throw error;
    } finally {
      sessions.leave(session);
    }
    sessions.retire(session);
    return undefined;
  }

  async function putInRows(put: Put): Promise<Done | null> {
    const outcome = await put.keepRows(toRowVersion(put));
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'over-quota') throw overQuota(put.quota);
    return outcome.kind === 'done' ? outcome : null;
  }

  async function putWithBlobs(put: Put, count: number): Promise<Done | null> {
    for (let repeats = 0; repeats <= mostRepeats; repeats += 1) {
      const done = await putInSession(put, count);
      if (done !== undefined) return done;
    }
    throw new PixstoreError(
      'STORAGE_FAILED',
      'What was written was swept before it could be committed, again and again. Check that the clocks of all processes agree, and that nobody sweeps all the time.',
    );
  }

  /** @returns null when it was refused */
  return async (put: Put): Promise<Done | null> => {
    const count = put.parts.filter(isLarge).length;
    // What needs no blob joins others in this same turn.
    const done = await (count === 0 ? putInRows(put) : putWithBlobs(put, count));
    if (done) await givenUp.remove(done.givenUp);
    return done;
  };
}

/** @param blobs - for each part the blob that has its ciphertext, or null when it goes into the row */
export function toRowVersion(
  { id, token, parts, quota }: ImageVersion,
  blobs: readonly (string | null)[] = [],
  session: string | null = null,
): RowVersion {
  const rowParts = parts.map(({ variant, iv, tag, sealedKey, ciphertext }, index): RowPart => {
    const blob = blobs[index] ?? null;
    return { variant, iv, tag, sealedKey, size: ciphertext.length, ciphertext: blob ? null : ciphertext, blob };
  });
  return { id, token, parts: rowParts, session, ...(quota && { quota }) };
}

function isFolderGone(error: unknown): boolean {
  return error instanceof PixstoreError && error.code === 'IMAGE_DIR_MISSING';
}
