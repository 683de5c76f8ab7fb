import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { ExpectedToken, ImageVersion, Part } from '../port.js';
import type { BlobFiles } from './blob-files.js';
import type { Changes } from './changes.js';
import type { Command } from './commands.js';
import type { Identity } from './identity.js';
import type { Reads } from './reads.js';
import { toPartRows } from './row.js';
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

/** Keeps a version: its blobs first, in a session, then its rows. */
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

  /** @returns undefined when the session was ended meanwhile: then nothing was changed */
  async function putInSession(
    version: ImageVersion,
    expectedToken: ExpectedToken,
    blobs: number,
  ): Promise<boolean | undefined> {
    const session = await sessions.enter(blobs);
    try {
      const written = await writeBlobs(session.id, version.parts);
      const outcome = await changes.outcomeOf(replace(version, expectedToken, written, session.id));
      if (outcome.kind === 'done') return true;
      // After a commit that failed, a crash might yet bring its row back.
      if (outcome.kind !== 'failed' || !outcome.uncertain) await discard(written);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'refused') return false;
    } catch (error) {
      // A sweep that ended the session may have taken its folder as well.
      if (!isFolderGone(error) || !identity.isFolderThere()) throw error;
    } finally {
      sessions.leave(session);
    }
    sessions.retire(session);
    return undefined;
  }

  /** @returns false when another version is stored than the expected one */
  return async (version: ImageVersion, expectedToken: ExpectedToken): Promise<boolean> => {
    const blobs = version.parts.filter(isBlob).length;
    if (blobs === 0) return changes.make(replace(version, expectedToken, [], null)); // joins a batch in this same turn
    for (let repeats = 0; repeats <= mostRepeats; repeats += 1) {
      const done = await putInSession(version, expectedToken, blobs);
      if (done !== undefined) return done;
    }
    throw new PixstoreError(
      'STORAGE_FAILED',
      'What was written was swept before it could be committed, again and again. Check that the clocks of all processes agree, and that nobody sweeps all the time.',
    );
  };
}

function replace(
  version: ImageVersion,
  expectedToken: ExpectedToken,
  blobs: readonly (string | null)[],
  session: string | null,
): Command {
  const { id, token } = version;
  return { kind: 'replace', id, token, expectedToken, rows: toPartRows(version, blobs), session };
}

function isFolderGone(error: unknown): boolean {
  return error instanceof PixstoreError && error.code === 'IMAGE_DIR_MISSING';
}
