import { type FileHandle, open, truncate } from 'node:fs/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type OnLine, readBegun } from './json-lines.js';

/** Its first line: by it a file is known as a journal of this import. */
export interface JournalHead {
  pixstore: 'import';
  version: 1;
  /** The folder that all go to; null: that of each path. */
  dir: string | null;
  ids: 'paths' | 'random' | 'own';
}

/** What is known of a source from an earlier import. */
export interface Journaled {
  /** The id that was chosen for it. */
  id: string;
  /** False: it may not have come to be kept. */
  isDone: boolean;
}

/**
 * What an import has done, in a file, so that another one does not do it again: how it chooses ids, the id of each source
 * before it is kept, and that it was kept. Never a byte of a picture, and no key.
 *
 * ```text
 * {"pixstore":"import","version":1,"dir":null,"ids":"random"}
 * {"name":"2024/cat.jpg","id":"kBq..."}
 * {"done":"2024/cat.jpg"}
 * ```
 */
export interface Journal {
  find(name: string): Journaled | undefined;
  /** On the disk when it resolves: what was chosen is chosen again after a crash. */
  choose(ids: readonly { name: string; id: string }[]): Promise<void>;
  /** May wait for the next that are chosen. */
  done(name: string): void;
  close(): Promise<void>;
}

/** @throws PixstoreError `JOURNAL_UNUSABLE` */
export async function openJournal(path: string, head: JournalHead): Promise<Journal> {
  const known = new Map<string, Journaled>();
  const file = await usable(() => openWhole(path, head, known));
  let waiting: object[] = [];

  async function write(lines: readonly object[]): Promise<void> {
    const all = [...waiting, ...lines];
    waiting = [];
    if (all.length === 0) return;
    await file.appendFile(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await file.datasync();
  }

  return {
    find: (name) => known.get(name),
    choose: (ids) =>
      usable(async () => {
        for (const { name, id } of ids) known.set(name, { id, isDone: false });
        await write(ids);
      }),
    done(name) {
      const one = known.get(name);
      if (one) one.isDone = true;
      waiting.push({ done: name });
    },
    close: () =>
      usable(async () => {
        try {
          await write([]);
        } finally {
          await file.close();
        }
      }),
  };
}

async function openWhole(path: string, head: JournalHead, known: Map<string, Journaled>): Promise<FileHandle> {
  const file = await open(path, 'a', 0o600);
  try {
    const onLine: OnLine = (value) => {
      if (!note(known, value)) throw notOurs();
    };
    const end = await readBegun(path, head, onLine, notOurs);
    await truncate(path, end);
    if (end === 0) await file.appendFile(`${JSON.stringify(head)}\n`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @returns whether it is a line of ours */
function note(known: Map<string, Journaled>, value: Record<string, unknown> | null): boolean {
  const { name, id, done } = value ?? {};
  if (typeof done === 'string') {
    const one = known.get(done);
    if (one) one.isDone = true;
    return true;
  }
  if (typeof name !== 'string' || typeof id !== 'string') return false;
  known.set(name, { id, isDone: false });
  return true;
}

async function usable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    throw new PixstoreError(
      'JOURNAL_UNUSABLE',
      `The journal of the import cannot be read or written (${(cause as NodeJS.ErrnoException).code}). Check its path, who owns it, and the room on its disk.`,
      { cause },
    );
  }
}

function notOurs(): PixstoreError {
  return new PixstoreError(
    'JOURNAL_UNUSABLE',
    'The file that was named as the journal of the import is none, or of an import with another dir or other ids: it was left as it is. Name one that is not there yet, or that an import with these options has begun.',
  );
}
