import { isExpected } from '../port.js';
import type { Command, Outcome } from './commands.js';
import { commitsQuery, counters, raiseCounter } from './counters.js';
import type { SqlDatabase, SqlRow } from './driver.js';
import type { Fence } from './fence.js';
import { isBlobName } from './file-name.js';
import { prepareFolderUsage } from './folder-usage.js';
import { mayCommit } from './identity.js';
import { prepareKeyWrites } from './key-writes.js';
import { isPartOf, numberOr, type PartRow, toCount } from './row.js';
import { imageDirMissing, isFull, storeSuperseded } from './storage-error.js';
import { prepareStoreWrites } from './store-writes.js';
import { requireKnownVersion } from './tables.js';

// What one commit removes of an erased folder, so that others need not wait for long.
const erasedAtOnce = 256;

/**
 * Carries out commands, all of a batch in one transaction; one that fails fails alone.
 *
 * @param fence - left out where there is no folder of blobs
 */
export function prepareWrites(database: SqlDatabase, fence?: Fence) {
  const storedColumns = `id, ${numberOr('token', 0)} AS token, ${numberOr('size', 0)} AS size, sealed_key, file`;
  const keys = prepareKeyWrites(database);
  const folders = prepareFolderUsage(database);
  const ofStore = prepareStoreWrites(database);
  const prepared = {
    parts: database.prepare(`SELECT ${storedColumns} FROM parts WHERE ${isPartOf}`),
    partsIn: database.prepare(
      `SELECT ${storedColumns} FROM parts WHERE id > ? AND id >= ? || ':' AND id < ? || ';' ORDER BY id LIMIT ${erasedAtOnce}`,
    ),
    remove: database.prepare('DELETE FROM parts WHERE id = ?'),
    // In place: the row stays on its page, and no index changes.
    update: database.prepare(
      `UPDATE parts SET token = ?, size = ?, iv = ?, tag = ?, sealed_key = ?, file = ?, ciphertext = ? WHERE id = ?`,
    ),
    insert: database.prepare(
      `INSERT INTO parts (id, token, size, iv, tag, sealed_key, file, ciphertext)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    sealedKey: database.prepare('SELECT sealed_key, rowid FROM parts WHERE id = ? AND token = ?'),
    reseal: database.prepare('UPDATE parts SET sealed_key = ? WHERE rowid = ?'),
    forgetMasterKeys: database.prepare('DELETE FROM master_keys'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    add: database.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
    ),
    raise: database.prepare(raiseCounter),
    version: database.prepare('PRAGMA user_version'),
    store: database.prepare('SELECT epoch, nonce, next_nonce, is_adopted FROM store'),
    commits: database.prepare(commitsQuery),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };

  /** What a batch adds to the counters; written once, at its end. */
  let added = { images: 0, bytes: 0 };

  let epoch = 0;
  let isAdopted = false;
  let isFolderGone = false;

  type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

  const partsOf = (id: string): StoredRow[] => prepared.parts.all(id, id, id).map(toStoredRow);

  const isAlive = ({ id, sealedKey }: StoredRow): boolean => keys.isAlive(id, sealedKey);

  const isTokenTooLow = (token: number): boolean =>
    token <= toCount(prepared.counter.get(counters.lastRemovedToken)?.value ?? 0);

  function save({ id, token, rows, quota }: CommandOf<'replace'>): Kept {
    if (isTokenTooLow(token)) return 'refused';
    // Who asks for an id that is taken is told that, and not of a quota.
    if (folders.isOver(id, { images: 1, bytes: sizeOf(rows) }, quota)) {
      return partsOf(id).some(isAlive) ? 'refused' : 'over-quota';
    }
    for (const part of rows) {
      if (insert(part, token)) continue;
      if (part.id !== id) throw new Error('two parts of a version have the same id');
      // Born already; the original goes first, so nothing was written yet.
      if (!removeIfDead(partsOf(id)) || isTokenTooLow(token)) return 'refused';
      insert(part, token);
    }
    for (const part of rows) if (part.id === id) countImage(part, 1);
    return { givenUp: [] };
  }

  /** Removes an image whose folder was erased, if it is one. @returns whether it was */
  function removeIfDead(parts: readonly StoredRow[]): boolean {
    if (parts.some(isAlive)) return false;
    giveUpBlobsOf(parts);
    removeParts(parts);
    return true;
  }

  function update({ id, token, expectedToken, rows, quota }: CommandOf<'replace'>): Kept {
    const before = new Map(partsOf(id).map((part) => [part.id, part]));
    const current = before.get(id);
    if (!isExpected(current && isAlive(current) ? current.token : null, expectedToken, token)) return 'refused';
    const grown = sizeOf(rows) - sizeOf([...before.values()]);
    if (folders.isOver(id, { images: 0, bytes: grown }, quota)) return 'over-quota';
    const givenUp = giveUpBlobsOf(before.values());
    for (const part of rows) {
      const old = before.get(part.id);
      if (old) {
        const { size, iv, tag, sealedKey, file, ciphertext } = part;
        prepared.update.run(token, size, iv, tag, sealedKey, file, ciphertext, part.id);
        before.delete(part.id);
        countBytes(old, -old.size);
        countBytes(part, size);
      } else if (!insert(part, token)) throw new Error('two parts of a version have the same id');
    }
    removeRows(before.values());
    return { givenUp };
  }

  /** @returns false when there is such a part already */
  function insert(part: PartRow, token: number): boolean {
    const { id, size, iv, tag, sealedKey, file, ciphertext } = part;
    const { changes } = prepared.insert.run(id, token, size, iv, tag, sealedKey, file, ciphertext);
    if (Number(changes) === 0) return false;
    countBytes(part, size);
    return true;
  }

  function countBytes({ id, sealedKey }: Pick<StoredRow, 'id' | 'sealedKey'>, bytes: number): void {
    added.bytes += bytes;
    folders.count(id, sealedKey, { bytes });
  }

  function countImage({ id, sealedKey }: Pick<StoredRow, 'id' | 'sealedKey'>, images: number): void {
    added.images += images;
    folders.count(id, sealedKey, { images });
  }

  function addParts({ id, token, rows, quota }: CommandOf<'add-parts'>): Outcome {
    const stored = partsOf(id);
    const current = stored.find((part) => part.id === id);
    if (current?.token !== token || !isAlive(current)) return { kind: 'refused' };
    const missing = rows.filter((part) => !stored.some((each) => each.id === part.id));
    if (folders.isOver(id, { images: 0, bytes: sizeOf(missing) }, quota)) return { kind: 'over-quota' };
    const inserted = missing.filter((part) => insert(part, token)).map((part) => part.id);
    return { kind: 'done', givenUp: [], added: inserted };
  }

  /** @returns false when another version is there, or the key is not the latest */
  function reseal({ id, token, sealedKey }: { id: string; token: number; sealedKey: Uint8Array }): boolean {
    const { sealed_key: current, rowid } = prepared.sealedKey.get(id, token) ?? {};
    if (!(current instanceof Uint8Array) || !keys.isAlive(id, current) || !keys.isLatest({ id, sealedKey }))
      return false;
    prepared.reseal.run(sealedKey, rowid as number);
    return true;
  }

  function giveUpBlobsOf(parts: Iterable<StoredRow>): string[] {
    const files = filesOf(parts);
    ofStore.giveUp(files);
    return files;
  }

  function removeRows(parts: Iterable<StoredRow>): void {
    for (const part of parts) {
      prepared.remove.run(part.id);
      countBytes(part, -part.size);
    }
  }

  /** Removes images, and remembers their tokens. */
  function removeParts(parts: readonly StoredRow[]): void {
    removeRows(parts);
    for (const part of parts) {
      if (!isImage(part.id)) continue;
      prepared.raise.run(counters.lastRemovedToken, part.token);
      countImage(part, -1);
    }
  }

  /** @throws PixstoreError `IMAGE_DIR_MISSING` */
  function mayKeep({
    rows,
    session,
  }: CommandOf<'replace'> | CommandOf<'add-parts'>): 'yes' | 'refused' | 'session-ended' {
    if (isFolderGone) throw imageDirMissing();
    if (!rows.every(keys.isLatest)) return 'refused';
    return session && !ofStore.isSessionOpen(session) ? 'session-ended' : 'yes';
  }

  function apply(command: Command): Outcome {
    const refused: Outcome = { kind: 'refused' };
    const done = (givenUp: string[] = []): Outcome => ({ kind: 'done', givenUp });
    switch (command.kind) {
      case 'replace': {
        const answer = mayKeep(command);
        if (answer !== 'yes') return { kind: answer };
        const kept = command.expectedToken === null ? save(command) : update(command);
        return typeof kept === 'string' ? { kind: kept } : done(kept.givenUp);
      }
      case 'add-parts': {
        const answer = mayKeep(command);
        if (answer !== 'yes') return { kind: answer };
        return addParts(command);
      }
      case 'remove': {
        const parts = partsOf(command.id);
        const original = parts.find(({ id }) => id === command.id);
        if (!original || !isAlive(original)) return refused;
        removeParts(parts);
        return done(ifThere(giveUpBlobsOf(parts)));
      }
      case 'reseal': {
        const resealed = command.keys.filter(reseal).length;
        return { kind: 'done', givenUp: [], resealed };
      }
      case 'put-key-ring': {
        if (!keys.putRing(command)) return refused;
        prepared.forgetMasterKeys.run(); // what they sealed, the ring opens
        return done();
      }
      case 'add-folder-key':
        return keys.addFolderKey(command) ? done() : refused;
      case 'destroy-folder-keys': {
        keys.destroyFolderKeys(command);
        return done();
      }
      case 'erase-keys': {
        if (!keys.eraseFolder(command)) return refused;
        folders.erase(command.folder);
        return done();
      }
      case 'remove-erased': {
        const { folder, after } = command;
        const parts = prepared.partsIn.all(after, folder, folder).map(toStoredRow);
        // An image goes with all its parts, wherever they are in the order of ids: it may be saved again before the next page.
        const dead = parts
          .flatMap((part) => (isImage(part.id) ? partsOf(part.id) : part))
          .filter((part) => !isAlive(part));
        const erased = [...new Map(dead.map((part) => [part.id, part])).values()];
        const images = erased.filter(({ id }) => isImage(id)).length;
        removeParts(erased);
        const last = parts.length < erasedAtOnce ? null : (parts.at(-1)?.id ?? null);
        return { kind: 'done', givenUp: ifThere(giveUpBlobsOf(erased)), erased: { images, last } };
      }
      case 'end-erasure': {
        keys.endErasure(command);
        return done();
      }
      case 'begin-session':
        ofStore.beginSession(command);
        return done();
      case 'end-sessions':
        ofStore.endSessions(command);
        return done();
      case 'forget-session':
        ofStore.forgetSession(command);
        return done();
      case 'forget-blobs':
        ofStore.forgetBlobs(command);
        return done();
      case 'note-marked':
        ofStore.noteMarked();
        return done();
      case 'doubt':
        ofStore.doubt(command);
        return done();
      case 'adopt':
        ofStore.adopt(command);
        return done();
    }
  }

  /** Blobs that are not there now may come back. */
  const ifThere = (files: string[]): string[] => (isFolderGone ? [] : files);

  /**
   * May this process change this database, now?
   *
   * @throws PixstoreError `DATABASE_TOO_NEW` when a newer pixstore has migrated it meanwhile, `STORE_SUPERSEDED` when
   * another copy of it was adopted
   */
  function passFence(): void {
    requireKnownVersion(Number(prepared.version.get()?.user_version));
    const row = prepared.store.get() ?? {};
    const store = {
      epoch: toCount(row.epoch),
      nonce: String(row.nonce),
      nextNonce: row.next_nonce === null ? null : String(row.next_nonce),
      isAdopted: row.is_adopted === 1,
    };
    const mark = fence ? fence.mark() : store;
    isFolderGone = mark === null;
    if (mark && !mayCommit(mark, store)) throw storeSuperseded();
    ({ epoch, isAdopted } = store);
  }

  /** @returns how many commits there were, this one included */
  function saveCounters(): number {
    prepared.add.run(counters.commits, 1);
    if (added.images !== 0) prepared.add.run(counters.images, added.images);
    if (added.bytes !== 0) prepared.add.run(counters.bytes, added.bytes);
    folders.save();
    return toCount(prepared.commits.get()?.value);
  }

  function rollBack(): void {
    try {
      prepared.rollback.run();
    } catch {
      // SQLite has rolled back by itself; the first error is the one that matters.
    }
  }

  return function runBatch(commands: readonly Command[]): Outcome[] {
    let step: 'begin' | 'change' | 'commit' = 'begin';
    added = { images: 0, bytes: 0 };
    keys.begin();
    folders.begin();
    try {
      prepared.begin.run();
      passFence();
      step = 'change';
      const outcomes = commands.map(apply);
      const commits = saveCounters();
      step = 'commit';
      prepared.commit.run();
      if (isAdopted) fence?.noteProgress(epoch, commits);
      return outcomes;
    } catch (error) {
      rollBack();
      // One command may be at fault; then the others need not fail with it. That a transaction cannot begin is nobody's
      // fault, and each would wait for the lock anew. After a commit that failed nobody knows what would be done twice.
      if (step === 'change' && commands.length > 1) return commands.flatMap((command) => runBatch([command]));
      const failed: Outcome = { kind: 'failed', error, uncertain: step === 'commit' && !isFull(error) };
      return commands.map(() => failed);
    }
  };
}

/** What became of a version: kept, in place of these blobs, or not. */
type Kept = { givenUp: string[] } | 'refused' | 'over-quota';

const sizeOf = (parts: readonly { size: number }[]): number => parts.reduce((sum, { size }) => sum + size, 0);

/** What a change must know of a part before it. */
interface StoredRow {
  id: string;
  token: number;
  size: number;
  sealedKey: Uint8Array;
  file: string | null;
}

/** A row that somebody else wrote can be replaced and removed: it counts for nothing, and takes no file along. */
function toStoredRow({ id, token, size, sealed_key: sealedKey, file }: SqlRow): StoredRow {
  return {
    id: id as string,
    token: toCount(token),
    size: toCount(size),
    sealedKey: sealedKey as Uint8Array,
    file: file as string | null,
  };
}

const isImage = (id: string): boolean => !id.includes('.');

function filesOf(parts: Iterable<StoredRow>): string[] {
  return [...parts].flatMap(({ file }) => (isBlobName(file) ? file : []));
}
