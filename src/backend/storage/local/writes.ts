import { isExpected } from '../port.js';
import type { Command, Outcome } from './commands.js';
import { commitsQuery, counters, raiseCounter } from './counters.js';
import type { SqlDatabase, SqlRow } from './driver.js';
import type { Fence } from './fence.js';
import { isBlobName } from './file-name.js';
import { mayCommit } from './identity.js';
import { isPartOf, numberOr, type PartRow, toCount } from './row.js';
import { databaseTooNew, schemaVersion } from './schema.js';
import { imageDirMissing, isFull, storeSuperseded } from './storage-error.js';

/**
 * Carries out commands, all of a batch in one transaction; one that fails fails alone.
 *
 * @param fence - left out where there is no folder of blobs
 */
export function prepareWrites(database: SqlDatabase, fence?: Fence) {
  const prepared = {
    parts: database.prepare(
      `SELECT id, ${numberOr('token', 0)} AS token, ${numberOr('size', 0)} AS size, file FROM parts WHERE ${isPartOf}`,
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
    reseal: database.prepare('UPDATE parts SET sealed_key = ? WHERE id = ? AND token = ?'),
    noteMasterKey: database.prepare('INSERT OR IGNORE INTO master_keys (id) VALUES (?)'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    add: database.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
    ),
    raise: database.prepare(raiseCounter),
    version: database.prepare('PRAGMA user_version'),
    store: database.prepare('SELECT epoch, nonce, next_nonce, is_adopted FROM store'),
    commits: database.prepare(commitsQuery),
    adopt: database.prepare('UPDATE store SET epoch = ?, nonce = ?, next_nonce = NULL, is_adopted = 1, is_marked = 1'),
    openSession: database.prepare('SELECT 1 FROM sessions WHERE id = ? AND ended IS NULL'),
    beginSession: database.prepare('INSERT INTO sessions (id, begun) VALUES (?, ?)'),
    endSession: database.prepare('UPDATE sessions SET ended = ? WHERE id = ? AND ended IS NULL'),
    endAllSessions: database.prepare('UPDATE sessions SET ended = ? WHERE ended IS NULL'),
    addEndedSession: database.prepare('INSERT OR IGNORE INTO sessions (id, begun, ended) VALUES (?, ?, ?)'),
    forgetSession: database.prepare('DELETE FROM sessions WHERE id = ?'),
    giveUp: database.prepare('INSERT OR IGNORE INTO given_up_blobs (file) VALUES (?)'),
    forgetBlob: database.prepare('DELETE FROM given_up_blobs WHERE file = ?'),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };

  /** What a batch adds to the counters; written once, at its end. */
  let added = { images: 0, bytes: 0 };

  let epoch = 0;
  let isAdopted = false;
  let isFolderGone = false;

  type Replace = Extract<Command, { kind: 'replace' }>;

  const partsOf = (id: string): StoredRow[] => prepared.parts.all(id, id, id).map(toStoredRow);

  function save({ id, token, rows }: Replace): boolean {
    if (token <= toCount(prepared.counter.get(counters.lastRemovedToken)?.value ?? 0)) return false;
    for (const part of rows) {
      if (insert(part, token)) continue;
      if (part.id === id) return false; // born already; the original goes first, so nothing was written yet
      throw new Error('two parts of a version have the same id');
    }
    added.images += 1;
    return true;
  }

  /** @returns the blobs of the version before, or null when another one is stored than the expected */
  function update({ id, token, expectedToken, rows }: Replace): string[] | null {
    const before = new Map(partsOf(id).map((part) => [part.id, part]));
    if (!isExpected(before.get(id)?.token ?? null, expectedToken, token)) return null;
    const released = giveUpBlobsOf(before.values());
    for (const part of rows) {
      const old = before.get(part.id);
      if (old) {
        const { size, iv, tag, sealedKey, file, ciphertext } = part;
        prepared.update.run(token, size, iv, tag, sealedKey, file, ciphertext, part.id);
        before.delete(part.id);
        added.bytes += size - old.size;
      } else if (!insert(part, token)) throw new Error('two parts of a version have the same id');
    }
    removeRows(before.values());
    return released;
  }

  /** @returns false when there is such a part already */
  function insert({ id, size, iv, tag, sealedKey, file, ciphertext }: PartRow, token: number): boolean {
    const { changes } = prepared.insert.run(id, token, size, iv, tag, sealedKey, file, ciphertext);
    if (Number(changes) === 0) return false;
    added.bytes += size;
    return true;
  }

  /** They are removed after the commit; what keeps that from happening does not make them forgotten. */
  function giveUpBlobsOf(parts: Iterable<StoredRow>): string[] {
    const files = filesOf(parts);
    for (const file of files) prepared.giveUp.run(file);
    return files;
  }

  function removeRows(parts: Iterable<StoredRow>): void {
    for (const { id, size } of parts) {
      prepared.remove.run(id);
      added.bytes -= size;
    }
  }

  function apply(command: Command): Outcome {
    const refused: Outcome = { kind: 'refused' };
    const done = (released: string[] = []): Outcome => ({ kind: 'done', released });
    switch (command.kind) {
      case 'replace': {
        if (isFolderGone) throw imageDirMissing();
        if (command.session && !prepared.openSession.get(command.session)) return { kind: 'session-ended' };
        if (command.expectedToken === null) return save(command) ? done() : refused;
        const released = update(command);
        return released ? done(released) : refused;
      }
      case 'remove': {
        const parts = partsOf(command.id);
        const original = parts.find(({ id }) => id === command.id);
        if (!original) return refused;
        prepared.raise.run(counters.lastRemovedToken, original.token);
        removeRows(parts);
        added.images -= 1;
        const released = giveUpBlobsOf(parts);
        return done(isFolderGone ? [] : released); // those that are not there now may come back
      }
      case 'reseal': {
        const { changes } = prepared.reseal.run(command.sealedKey, command.id, command.token);
        return Number(changes) === 1 ? done() : refused;
      }
      case 'note-master-key': {
        prepared.noteMasterKey.run(command.keyId);
        return done();
      }
      case 'begin-session': {
        prepared.beginSession.run(command.session, command.begun);
        return done();
      }
      case 'end-sessions': {
        for (const session of command.sessions) prepared.endSession.run(command.ended, session);
        return done();
      }
      case 'forget-session': {
        prepared.forgetSession.run(command.session);
        return done();
      }
      case 'forget-blobs': {
        for (const file of command.files) prepared.forgetBlob.run(file);
        return done();
      }
      case 'adopt': {
        prepared.adopt.run(command.epoch, command.nonce);
        prepared.endAllSessions.run(command.at);
        for (const session of command.sessions) prepared.addEndedSession.run(session, command.at, command.at);
        return done();
      }
    }
  }

  /**
   * May this process change this database, now?
   *
   * @throws PixstoreError `DATABASE_TOO_NEW` when a newer pixstore has migrated it meanwhile, `STORE_SUPERSEDED` when
   * another copy of it was adopted
   */
  function passFence(): void {
    const version = Number(prepared.version.get()?.user_version);
    if (version > schemaVersion) throw databaseTooNew(version);
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

/** What a change must know of a part before it. */
interface StoredRow {
  id: string;
  token: number;
  size: number;
  file: string | null;
}

/** A row that somebody else wrote can be replaced and removed: it counts for nothing, and takes no file along. */
function toStoredRow({ id, token, size, file }: SqlRow): StoredRow {
  return { id: id as string, token: toCount(token), size: toCount(size), file: file as string | null };
}

function filesOf(parts: Iterable<StoredRow>): string[] {
  return [...parts].flatMap(({ file }) => (isBlobName(file) ? file : []));
}
