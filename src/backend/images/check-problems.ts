import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { variantOf } from '../../shared/protocol/image-id.js';
import type { StoreProblem } from '../../stores/port.js';

/** What kind of thing is wrong. */
export type ProblemKind =
  | StoreProblem['kind']
  /** The key of an image does not open: its row was changed or moved. */
  | 'key-damaged'
  /** It was sealed with a key that is not at hand. */
  | 'key-missing'
  /** A row has values that pixstore never wrote. */
  | 'row-damaged'
  /** Disk or database did not give it. */
  | 'unreadable';

/** Something that is wrong with a store. */
export interface CheckProblem {
  kind: ProblemKind;
  /** The id of an image, joined with the variant's name; or what the store calls a file that it is not part of. */
  subject: string;
  /** What it means: a sentence. */
  message: string;
  /** What would mend it: a sentence. */
  remedy: string;
}

type Words = (subject: string) => Pick<CheckProblem, 'message' | 'remedy'>;

const restoreFile =
  'Put the file back from a backup of the image folder, or delete the image and save it again from where it came from.';
const rebuildVariant =
  'Call rebuild({ lost: true }) on a backend whose option "processing" makes this variant. If none does, save the image again.';
const restoreRow = 'Restore the database from a backup, or delete the image and save it again from where it came from.';

const words: Readonly<Record<ProblemKind, Words>> = {
  'ciphertext-missing': (id) => ({
    message: `The ciphertext of ${id} is gone, or has another length than it was written with.`,
    remedy: variantOf(id) === undefined ? restoreFile : rebuildVariant,
  }),
  'ciphertext-damaged': (id) => ({
    message: `The ciphertext of ${id} is not what was encrypted: it was changed, or the disk has damaged it.`,
    remedy: `${restoreFile} Have a look at the disk.`,
  }),
  'key-damaged': (id) => ({
    message: `The key of ${id} does not open: its row was changed, moved or damaged.`,
    remedy: restoreRow,
  }),
  'key-missing': (id) => ({
    message: `The key of ${id} was sealed with a key that is not at hand.`,
    remedy: 'Give every master key that was ever in use here; the first one is for what is new, all open.',
  }),
  'row-damaged': (id) => ({
    message: `The row of ${id} has a value that pixstore never wrote.`,
    remedy: restoreRow,
  }),
  unreadable: (id) => ({
    message: `The disk, the database or the network did not give ${id}.`,
    remedy: 'Check again. If it stays so, look at the log of the system, and restore the image from a backup.',
  }),
  leftover: (name) => ({
    message: `The file ${name} belongs to no image: a crash has left it, or an image that was replaced or deleted.`,
    remedy: 'A sweep removes it.',
  }),
  foreign: (name) => ({
    message: `What is called ${name} lies among the files of this store, and its database knows nothing of it.`,
    remedy:
      'It is never removed. If the database was restored from a backup, it is of images that were saved since; else see who put it there.',
  }),
  'not-adopted': (name) => ({
    message: `The database may be an old copy of the store ${name}: nothing is removed until it is adopted.`,
    remedy: 'If it is the right one, adopt it. If the other copy is, use that one.',
  }),
};

const onlyAll: Words = (name) => ({
  message: `The file ${name} belongs to no image, and there are more of them than a crash leaves.`,
  remedy: 'If no database was restored from a backup, so that these are images saved since: sweep all.',
});

export function problemOf(kind: ProblemKind, subject: string): CheckProblem {
  return { kind, subject, ...words[kind](subject) };
}

/** In words, what a store has found. */
export function describeProblem(found: StoreProblem): CheckProblem {
  const { kind, subject } = found;
  return { kind, subject, ...(found.onlyAll ? onlyAll : words[kind])(subject) };
}

const kindOf: Partial<Record<PixstoreErrorCode, ProblemKind>> = {
  CIPHERTEXT_MISSING: 'ciphertext-missing',
  SEALED_KEY_INVALID: 'key-damaged',
  MASTER_KEY_MISMATCH: 'key-missing',
  DATABASE_ROW_INVALID: 'row-damaged',
  STORAGE_FAILED: 'unreadable',
  STORE_TIMEOUT: 'unreadable',
};

/** What kept one image from being read. @throws what kept all of them */
export function problemOfError(error: unknown, subject: string): CheckProblem {
  const kind = error instanceof PixstoreError ? kindOf[error.code] : undefined;
  if (!kind) throw error;
  return problemOf(kind, subject);
}
