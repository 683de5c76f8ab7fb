import { randomBytes } from 'node:crypto';
import { begunOf, sessionPattern, storeIdPattern } from '../split/blob-name.js';
import type { PlacedPart, RowIdentity, RowStore } from '../split/row-store.js';
import { type Statement, statement } from './connections.js';
import { callOf, type Database } from './database.js';
import { isForbidden } from './database-error.js';
import type { SqlRow } from './pool.js';
import { toCount, toPlacedPart, toText } from './row.js';
import type { Names } from './tables.js';

type StoreRows = Pick<
  RowStore,
  | 'isBlobInUse'
  | 'unnamedBlobs'
  | 'sampleOfBlobs'
  | 'forgetBlobs'
  | 'beginSession'
  | 'endSessions'
  | 'forgetSession'
  | 'hasSession'
  | 'openSessions'
  | 'latestSession'
  | 'identity'
  | 'noteMarked'
  | 'doubt'
  | 'adopt'
>;

/** What rows say of blobs, of sessions, and of the store itself. */
export function createStoreRows(database: Database, names: Names): StoreRows {
  const { schema } = names;
  // What no dump takes along: the numbers of the server, of the database and of the table.
  const place = `concat_ws('.', (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()), '${schema}.store'::regclass::oid)`;
  const identityWith = (placeSql: string) =>
    statement(`SELECT id, epoch, is_marked, is_adopted, ${placeSql} AS place FROM ${schema}.store`);
  const statements = {
    blobInUse: statement(`SELECT 1 FROM ${schema}.parts WHERE blob = $1`),
    unnamed: statement(`
      SELECT given.blob FROM unnest($1::text[]) WITH ORDINALITY AS given (blob, number)
      WHERE NOT EXISTS (SELECT FROM ${schema}.parts p WHERE p.blob = given.blob)
        AND NOT EXISTS (SELECT FROM ${schema}.given_up_blobs g WHERE g.blob = given.blob)
      ORDER BY given.number`),
    bounds: statement(`SELECT min(blob) AS first, max(blob) AS last FROM ${schema}.parts WHERE blob IS NOT NULL`),
    sample: statement(`
      SELECT DISTINCT p.id, p.variant, p.blob, p.size FROM unnest($1::text[]) start CROSS JOIN LATERAL (
        SELECT * FROM ${schema}.parts WHERE blob >= start COLLATE "C" ORDER BY blob LIMIT 1
      ) p`),
    forgetBlobs: statement(`
      DELETE FROM ${schema}.given_up_blobs WHERE blob IN (
        SELECT blob FROM ${schema}.given_up_blobs WHERE blob = ANY ($1::text[]) ORDER BY blob FOR UPDATE)`),
    beginSession: callOf(names, 'begin_session_2', ['text', 'bigint']),
    endSessions: callOf(names, 'end_sessions_2', ['text[]', 'bigint']),
    forgetSession: callOf(names, 'forget_session_2', ['text']),
    hasSession: statement(`SELECT 1 FROM ${schema}.sessions WHERE id = $1`),
    openSessions: statement(`SELECT id FROM ${schema}.sessions WHERE ended IS NULL AND begun <= $1 ORDER BY id`),
    latestSession: statement(`SELECT id FROM ${schema}.sessions ORDER BY id DESC LIMIT 1`),
    noteMarked: statement(`UPDATE ${schema}.store SET is_marked = true`),
    doubt: statement(`UPDATE ${schema}.store SET is_adopted = false WHERE epoch = $1`),
    adopt: callOf(names, 'adopt_2', ['bigint', 'text[]', 'bigint']),
    identity: identityWith(place),
    identityOnly: identityWith('NULL'),
  };

  const isThere = async (asked: Statement, value: unknown): Promise<boolean> =>
    (await database.read(asked, [value])).length > 0;

  const make = async (asked: Statement, values: unknown[] = []): Promise<void> => {
    await database.make(asked, values);
  };

  let mayAskPlace = true;

  /** Not every role may ask a server who it is. */
  async function readIdentity(): Promise<SqlRow[]> {
    if (mayAskPlace) {
      try {
        return await database.read(statements.identity);
      } catch (error) {
        if (!isForbidden(error)) throw error;
      }
    }
    const rows = await database.read(statements.identityOnly);
    mayAskPlace = false; // and not that it may do nothing here, as before a migration
    return rows;
  }

  return {
    isBlobInUse: (blob) => isThere(statements.blobInUse, blob),

    async unnamedBlobs(blobs) {
      const rows = await database.read(statements.unnamed, [blobs]);
      return rows.map(({ blob }) => String(blob));
    },

    async sampleOfBlobs(count): Promise<PlacedPart[]> {
      const [bounds] = await database.read(statements.bounds);
      if (!bounds?.first) return [];
      const starts = startsBetween(String(bounds.first), String(bounds.last), count);
      return (await database.read(statements.sample, [starts])).map(toPlacedPart);
    },

    async forgetBlobs(blobs) {
      if (blobs.length > 0) await make(statements.forgetBlobs, [blobs]);
    },

    beginSession: ({ id, begun }) => make(statements.beginSession, [id, begun]),
    async endSessions(sessions, ended) {
      if (sessions.length > 0) await make(statements.endSessions, [sessions, ended]);
    },
    forgetSession: (session) => make(statements.forgetSession, [session]),
    hasSession: (session) => isThere(statements.hasSession, session),

    async openSessions(begunUntil) {
      const rows = await database.read(statements.openSessions, [begunUntil]);
      return rows.map(({ id }) => toText(id, sessionPattern));
    },

    async latestSession() {
      const [row] = await database.read(statements.latestSession);
      return row ? toText(row.id, sessionPattern) : null;
    },

    async identity(): Promise<RowIdentity> {
      const [row = {}] = await readIdentity();
      return {
        id: toText(row.id, storeIdPattern),
        epoch: toCount(row.epoch),
        isMarked: row.is_marked === true,
        isAdopted: row.is_adopted === true,
        place: row.place === null ? null : String(row.place),
      };
    },
    noteMarked: () => make(statements.noteMarked),
    doubt: (epoch) => make(statements.doubt, [epoch]),
    adopt: ({ epoch, sessions, at }) => make(statements.adopt, [epoch, sessions, at]),
  };
}

/** The first blob, and others of sessions that began at any time between the first and the last. */
function startsBetween(first: string, last: string, count: number): string[] {
  const [from, to] = [begunOf(first), begunOf(last)];
  const anywhere = () => {
    const seconds = Math.floor((from + Math.random() * (to - from)) / 1000);
    return `${seconds.toString(16).padStart(8, '0')}${randomBytes(4).toString('hex')}/${randomBytes(16).toString('hex')}`;
  };
  return [first, ...Array.from({ length: count - 1 }, anywhere)];
}
