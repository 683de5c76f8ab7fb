import type { Command, Outcome } from './commands.js';
import { counters } from './counters.js';
import type { SqlDatabase } from './driver.js';
import { isPartOf } from './row.js';
import { isFull } from './storage-error.js';

/** Carries out commands, all of a batch in one transaction; one that fails fails alone. */
export function prepareWrites(database: SqlDatabase) {
  const prepared = {
    token: database.prepare('SELECT token FROM parts WHERE id = ?'),
    parts: database.prepare(`SELECT id, size, file FROM parts WHERE ${isPartOf}`),
    remove: database.prepare(`DELETE FROM parts WHERE ${isPartOf}`),
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
    raise: database.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)',
    ),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };

  /** What a batch adds to the counters; written once, at its end. */
  let added = { images: 0, bytes: 0 };

  function insert({ id, token, expectedToken, rows }: Extract<Command, { kind: 'replace' }>): boolean {
    if (expectedToken === null && token <= Number(prepared.counter.get(counters.lastRemovedToken)?.value ?? 0)) {
      return false;
    }
    for (const { size, iv, tag, sealedKey, file, ciphertext, ...part } of rows) {
      const { changes } = prepared.insert.run(part.id, token, size, iv, tag, sealedKey, file, ciphertext);
      if (Number(changes) === 0) {
        if (part.id === id) return false; // born already; the original goes first, so nothing was written yet
        throw new Error('two parts of a version have the same id');
      }
      added.bytes += size;
    }
    added.images += 1;
    return true;
  }

  /** @returns the files of the parts that went */
  function removeParts(id: string): string[] {
    const parts = prepared.parts.all(id, id, id);
    prepared.remove.run(id, id, id);
    added.images -= 1;
    for (const { size } of parts) added.bytes -= Number(size);
    return parts.flatMap(({ file }) => (file === null ? [] : [file as string]));
  }

  function apply(command: Command): Outcome {
    const refused: Outcome = { kind: 'refused' };
    const done = (released: string[] = []): Outcome => ({ kind: 'done', released });
    switch (command.kind) {
      case 'replace': {
        if (command.expectedToken === null) return insert(command) ? done() : refused;
        const current = prepared.token.get(command.id);
        if (!current || Number(current.token) !== command.expectedToken) return refused;
        const released = removeParts(command.id);
        insert(command);
        return done(released);
      }
      case 'remove': {
        const current = prepared.token.get(command.id);
        if (!current) return refused;
        prepared.raise.run(counters.lastRemovedToken, Number(current.token));
        return done(removeParts(command.id));
      }
      case 'reseal': {
        const { changes } = prepared.reseal.run(command.sealedKey, command.id, command.token);
        return Number(changes) === 1 ? done() : refused;
      }
      case 'note-master-key': {
        prepared.noteMasterKey.run(command.keyId);
        return done();
      }
    }
  }

  function saveCounters(): void {
    if (added.images !== 0) prepared.add.run(counters.images, added.images);
    if (added.bytes !== 0) prepared.add.run(counters.bytes, added.bytes);
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
      step = 'change';
      const outcomes = commands.map(apply);
      saveCounters();
      step = 'commit';
      prepared.commit.run();
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
