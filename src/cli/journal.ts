import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { PixstoreError } from '../backend/index.js';
import { unreadable } from './files-in.js';
import { unwritable } from './output-file.js';

/** A file that is to be saved, and the id that it gets. */
export interface JournalEntry {
  file: string;
  id: string;
}

interface Line extends JournalEntry {
  /** Bytes. */
  size: number;
  /** ms since 1970. A file that was changed is another one. */
  changed: number;
}

// So many are noted with one sync.
const atOnce = 64;

/**
 * Which file gets which id, noted before it is saved: the next run gives it the same one, and the store says whether an
 * image with this id is there. So whatever moment a crash picks, every file is saved, and none twice.
 */
export class Journal {
  private constructor(
    private readonly file: FileHandle,
    private readonly ids: Map<string, string>,
    private readonly name: string,
  ) {}

  /** @throws PixstoreError `FILE_UNREADABLE`, `FILE_UNWRITABLE`, `JOURNAL_UNUSABLE` */
  static async open(name: string): Promise<Journal> {
    const ids = new Map<string, string>();
    let text = '';
    try {
      text = await readFile(name, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(name, cause);
    }
    if (!isJournal(text)) throw notOurs(name);
    for (const line of linesOf(text)) ids.set(keyOf(line), line.id);
    try {
      const file = await open(name, 'a', 0o600);
      // A line that a crash has cut off ends here.
      if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
      return new Journal(file, ids, name);
    } catch (cause) {
      throw unwritable(name, cause);
    }
  }

  /** Files with their ids, which are noted by then. */
  async *entries(files: AsyncIterable<string>, dir: string | undefined): AsyncGenerator<JournalEntry> {
    let page: string[] = [];
    for await (const file of files) {
      if (page.push(file) < atOnce) continue;
      yield* await this.note(page, dir);
      page = [];
    }
    yield* await this.note(page, dir);
  }

  private async note(files: readonly string[], dir: string | undefined): Promise<JournalEntry[]> {
    const lines = await Promise.all(files.map((file) => this.lineOf(file, dir)));
    const added = lines.filter((line) => !this.ids.has(keyOf(line)));
    for (const line of added) this.ids.set(keyOf(line), line.id);
    try {
      if (added.length > 0) {
        await this.file.appendFile(added.map((line) => `${JSON.stringify(line)}\n`).join(''));
        await this.file.datasync();
      }
    } catch (cause) {
      throw unwritable(this.name, cause);
    }
    return lines.map((line, index) => ({ file: files[index] as string, id: this.ids.get(keyOf(line)) as string }));
  }

  private async lineOf(file: string, dir: string | undefined): Promise<Line> {
    const found = await stat(file).catch((cause) => {
      throw unreadable(file, cause);
    });
    const id = `${dir === undefined ? '' : `${dir}:`}${randomBytes(16).toString('base64url')}`;
    return { file: resolve(file), id, size: found.size, changed: found.mtimeMs };
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** An image is another one in another folder. */
function keyOf({ file, id, size, changed }: Line): string {
  const colon = id.indexOf(':');
  return JSON.stringify([file, size, changed, colon < 0 ? null : id.slice(0, colon)]);
}

const lineBegin = '{"file":';

/** Lines that crashes have cut off begin like all others, as far as they go. */
function isJournal(text: string): boolean {
  return text.split('\n').every((line) => lineBegin.startsWith(line.slice(0, lineBegin.length)));
}

function notOurs(name: string): PixstoreError {
  return new PixstoreError(
    'JOURNAL_UNUSABLE',
    `The file ${basename(name)} that --journal names is no journal of "pixstore save": it was left as it is. Name one that is not there yet, or that a save has begun.`,
  );
}

/** What a crash has cut off is no line. */
function linesOf(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { file, id, size, changed } = JSON.parse(line);
      return typeof file === 'string' && typeof id === 'string' ? [{ file, id, size, changed }] : [];
    } catch {
      return [];
    }
  });
}
