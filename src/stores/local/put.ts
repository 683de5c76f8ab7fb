import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { joinId } from '../../shared/image-id.js';
import type { Part } from '../port.js';
import type { BlobFiles } from './blob-files.js';
import type { Changes } from './changes.js';
import type { Command, Done } from './commands.js';
import type { Identity } from './identity.js';
import type { Reads } from './reads.js';
import { type PartRow, toPartRows } from './row.js';
import type { Sessions } from './sessions.js';

export interface PutOptions {
  changes: Changes;
  sessions: Sessions;
  reads: Reads;
  files: BlobFiles;
  identity: Identity;
  /** Ciphertexts up to so many bytes go into the database. */
  inlineLimit: number;
}

// A sweep may end the session that a version is being written in. It happens once an hour at most.
const mostRepeats = 5;

/** Parts to be kept, and the command that does so. */
export interface Put {
  id: string;
  token: number;
  parts: readonly Part[];
  /** @param session - the one that the blobs were written in, null when there are none */
  command(rows: PartRow[], session: string | null): Command;
}

/** Keeps parts: their blobs first, in a session, then their rows. */
export function createPut({ changes, sessions, reads, files, identity, inlineLimit }: PutOptions) {
  const isBlob = ({ ciphertext }: Part) => ciphertext.length > inlineLimit;

  async function writeBlobs(session: string, parts: readonly Part[]): Promise<(string | null)[]> {
    const written: (string | null)[] = [];
    try {
      for (const part of parts) written.push(isBlob(part) ? await files.write(session, part.ciphertext) : null);
    } catch (error) {
      await discard(written);
      throw error;
    }
    return written;
  }

  /** Removes what was just written, and that no row will name. What cannot be removed is left to `sweep`. */
  async function discard(names: readonly (string | null)[]): Promise<void> {
    for (const name of names) {
      try {
        // When a commit is said to have failed, it may have been done all the same.
        if (name && !reads.isFileInUse(name)) await files.remove(name);
      } catch {
        // No row names it.
      }
    }
  }

  /** Of parts that were not added, since there were such already. */
  async function discardKept({ id, parts }: Put, written: readonly (string | null)[], added: string[]): Promise<void> {
    await discard(written.filter((_, index) => !added.includes(joinId(id, parts[index]?.variant))));
  }

  /** @returns undefined when the session was ended meanwhile: then nothing was changed */
  async function putInSession(put: Put, blobs: number): Promise<Done | null | undefined> {
    const session = await sessions.enter(blobs);
    try {
      const written = await writeBlobs(session.id, put.parts);
      const rows = toPartRows(put.id, put.token, put.parts, written);
      const outcome = await changes.outcomeOf(put.command(rows, session.id));
      if (outcome.kind === 'done') {
        if (outcome.added) await discardKept(put, written, outcome.added);
        return outcome;
      }
      // After a commit that failed, a crash might yet bring its row back.
      if (outcome.kind !== 'failed' || !outcome.uncertain) await discard(written);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'refused') return null;
    } catch (error) {
      // A sweep that ended the session may have taken its folder as well.
      if (!isFolderGone(error) || !identity.isFolderThere()) throw error;
    } finally {
      sessions.leave(session);
    }
    sessions.retire(session);
    return undefined;
  }

  /** @returns null when it was refused */
  return async (put: Put): Promise<Done | null> => {
    const blobs = put.parts.filter(isBlob).length;
    // Joins a batch in this same turn.
    if (blobs === 0) return changes.make(put.command(toPartRows(put.id, put.token, put.parts, []), null));
    for (let repeats = 0; repeats <= mostRepeats; repeats += 1) {
      const done = await putInSession(put, blobs);
      if (done !== undefined) return done;
    }
    throw new PixstoreError(
      'STORAGE_FAILED',
      'What was written was swept before it could be committed, again and again. Check that the clocks of all processes agree, and that nobody sweeps all the time.',
    );
  };
}

function isFolderGone(error: unknown): boolean {
  return error instanceof PixstoreError && error.code === 'IMAGE_DIR_MISSING';
}
