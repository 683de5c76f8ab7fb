import type { Command } from './commands.js';
import type { SqlDatabase } from './driver.js';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** What changes sessions, the list of blobs that were given up, and what the database says of the store itself. */
export function prepareStoreWrites(database: SqlDatabase) {
  const prepared = {
    openSession: database.prepare('SELECT 1 FROM sessions WHERE id = ? AND ended IS NULL'),
    begin: database.prepare('INSERT INTO sessions (id, begun) VALUES (?, ?)'),
    end: database.prepare('UPDATE sessions SET ended = ? WHERE id = ? AND ended IS NULL'),
    endAll: database.prepare('UPDATE sessions SET ended = ? WHERE ended IS NULL'),
    addEnded: database.prepare('INSERT OR IGNORE INTO sessions (id, begun, ended) VALUES (?, ?, ?)'),
    forget: database.prepare('DELETE FROM sessions WHERE id = ?'),
    giveUp: database.prepare('INSERT OR IGNORE INTO given_up_blobs (file) VALUES (?)'),
    forgetBlob: database.prepare('DELETE FROM given_up_blobs WHERE file = ?'),
    noteMarked: database.prepare('UPDATE store SET is_marked = 1'),
    doubt: database.prepare('UPDATE store SET is_adopted = 0 WHERE epoch = ?'),
    adopt: database.prepare('UPDATE store SET epoch = ?, nonce = ?, next_nonce = NULL, is_adopted = 1, is_marked = 1'),
  };

  return {
    isSessionOpen: (session: string): boolean => prepared.openSession.get(session) !== undefined,

    /** They are removed after the commit; what keeps that from happening does not make them forgotten. */
    giveUp(files: readonly string[]): void {
      for (const file of files) prepared.giveUp.run(file);
    },

    forgetBlobs({ files }: CommandOf<'forget-blobs'>): void {
      for (const file of files) prepared.forgetBlob.run(file);
    },

    beginSession({ session, begun }: CommandOf<'begin-session'>): void {
      prepared.begin.run(session, begun);
    },

    endSessions({ sessions, ended }: CommandOf<'end-sessions'>): void {
      for (const session of sessions) prepared.end.run(ended, session);
    },

    forgetSession({ session }: CommandOf<'forget-session'>): void {
      prepared.forget.run(session);
    },

    noteMarked(): void {
      prepared.noteMarked.run();
    },

    doubt({ epoch }: CommandOf<'doubt'>): void {
      prepared.doubt.run(epoch);
    },

    adopt({ epoch, nonce, sessions, at }: CommandOf<'adopt'>): void {
      prepared.adopt.run(epoch, nonce);
      prepared.endAll.run(at);
      for (const session of sessions) prepared.addEnded.run(session, at, at);
    },
  };
}
