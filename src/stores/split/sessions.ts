import { newSessionId } from './blob-name.js';

/** A time in which one writer writes blobs. Their names begin with it. */
interface Session {
  id: string;
  /** ms since 1970. */
  begun: number;
  /** Blobs that it may still get. */
  places: number;
  /** Versions that are being written in it. */
  writers: number;
}

export interface SessionsOptions {
  /** Notes a session durably, and makes its folder. */
  begin(session: string, begun: number): Promise<void>;
  /** Notes that nothing will be written in it any more. */
  end(session: string): Promise<unknown>;
  now(): number;
  /** How long one may be used, in ms. */
  maxAge: number;
}

// So that folders stay small.
const placesPerSession = 4_096;

/**
 * The sessions of one writer, one after the other. What was written in one that has ended, and that no row names, was
 * left over: nobody can commit it any more. So a writer that died, or slept for long, takes no part in what is removed.
 *
 * ```text
 *             begin                   old or full               the last writer left
 *   (none) ──────────► current ───────────────────────► over ──────────────────────► ended
 *                         │        ended by a sweep       ▲
 *                         └───────────────────────────────┘
 * ```
 */
export function createSessions({ begin, end, now, maxAge }: SessionsOptions) {
  let current: Promise<Session> | undefined;
  const unfinished = new Set<Session>();
  const endings = new Set<Promise<void>>();

  async function start(): Promise<Session> {
    const begun = Math.floor(now());
    const session: Session = {
      id: newSessionId(begun),
      begun,
      places: placesPerSession,
      writers: 0,
    };
    try {
      await begin(session.id, session.begun);
    } catch (error) {
      current = undefined; // the next one tries again
      throw error;
    }
    unfinished.add(session);
    return session;
  }

  // A clock that was set back ends it as well.
  const isUsable = (session: Session) => session.places > 0 && Math.abs(now() - session.begun) <= maxAge;

  function retire(session: Session): void {
    if (session.places === Number.NEGATIVE_INFINITY) return;
    session.places = Number.NEGATIVE_INFINITY;
    current = undefined;
    endWhenLeft(session);
  }

  function endWhenLeft(session: Session): void {
    if (session.writers > 0 || session.places > 0 || !unfinished.delete(session)) return;
    const ending = end(session.id)
      .catch(() => {}) // a sweep will, when it is old enough
      .then(() => void endings.delete(ending));
    endings.add(ending);
  }

  return {
    /** A session to write so many blobs in. To be left when they are committed, or are not going to be. */
    async enter(blobs: number): Promise<Session> {
      const known = current && (await current);
      if (known && !isUsable(known)) retire(known);
      current ??= start();
      const session = await current;
      session.places -= blobs;
      session.writers += 1;
      return session;
    },

    leave(session: Session): void {
      session.writers -= 1;
      endWhenLeft(session);
    },

    /** Nothing more goes into it: it is full, or somebody has ended it. */
    retire,

    /** Ends what is left, when nobody writes any more. */
    async close(): Promise<void> {
      for (const session of unfinished) retire(session);
      await Promise.all(endings);
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;
