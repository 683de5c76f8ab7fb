import { createHmac, timingSafeEqual } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { Audience } from './audience.js';

/** A key that makes proofs. */
export interface ProofKey {
  key: Uint8Array;
  /** When it begins to make them, in ms since 1970. Of those that have begun, the latest does. */
  from: number;
  /** Until when its proofs are good; null while no other key follows it. */
  until: number | null;
}

/** What makes proofs at some time: as long as it is the same object, those of the same id and audience are the same. */
export interface ProofMaker {
  readonly window: number;
  readonly key: ProofKey;
}

/** Makes and checks proofs: HMACs over an image id, a window of time and, when there is one, an audience. */
export interface Proofs {
  /** What makes proofs now. */
  current(): ProofMaker;
  /** A proof that is good now and for one to two windows; for whoever is `audience` alone, when one is given. */
  prove(id: string, audience?: Audience): string;
  /**
   * Was this proof made with one of our keys, for this id and audience, in the current or the previous window? Or in the
   * next one, by a server whose clock is ahead: from 5 s before it begins.
   *
   * @param at - in ms: judges it by this moment and not by now, for requests that had to wait since they came
   */
  isGood(id: string, proof: string, audience?: Audience, at?: number): boolean;
}

// A proof as text; other text that decodes to the same bytes is another proof, and not ours.
const proofPattern = /^[A-Za-z0-9_-]{43}$/;
const proofLength = 43;

// How far the clocks of servers may be apart, in ms, so that none refuses what another has just made.
const clockTolerance = 5_000;

// Good proofs that are remembered until the window ends: about 1 MiB of them.
const rememberedAtMost = 8192;

/**
 * @param proofKeys - those that are in use at the moment; the same list until it changes
 * @param windowLength - in ms
 */
export function createProofs(proofKeys: () => readonly ProofKey[], windowLength: number, now: () => number): Proofs {
  const currentWindow = (at = now()) => Math.floor(at / windowLength);
  const given = Buffer.alloc(proofLength);
  const none = Buffer.alloc(proofLength);
  const remembered = new Map<string, Uint8Array>();
  let rememberedWindow: number | undefined;
  let rememberedKeys: readonly ProofKey[] | undefined;
  let latest: (ProofMaker & Span & { keys: readonly ProofKey[] }) | undefined;

  /** Only proofs that were good get here, so nobody can fill it with what he made up. */
  function remember(subject: string): void {
    if (remembered.size >= rememberedAtMost) remembered.delete(remembered.keys().next().value as string);
    remembered.set(subject, Uint8Array.from(given));
  }

  /** With the keys that made them, in the next window, proofs are forgotten. */
  function forgetOthers(window: number, keys: readonly ProofKey[]): void {
    if (window !== rememberedWindow || keys !== rememberedKeys) remembered.clear();
    rememberedWindow = window;
    rememberedKeys = keys;
  }

  /** @returns the latest of the windows in which the given proof could have been made, with the key; or null */
  function originOfGiven(id: string, audience: Audience, windows: readonly number[], keys: readonly ProofKey[]) {
    // No early exit: how long this takes must not depend on which proof it is close to.
    let origin: { window: number; proofKey: ProofKey } | null = null;
    for (const proofKey of keys) {
      for (const window of windows) {
        const expected = Buffer.from(sign(proofKey, id, window, audience), 'latin1');
        if (timingSafeEqual(given, expected)) origin = { window, proofKey };
      }
    }
    return origin;
  }

  function current(): ProofMaker {
    const at = now();
    const keys = proofKeys();
    if (!latest || latest.keys !== keys || at < latest.from || at >= latest.until) {
      const window = currentWindow(at);
      const key = signingKey(keys, at);
      latest = {
        window,
        key,
        keys,
        ...spanAround(at, [window * windowLength, (window + 1) * windowLength, ...turns(keys)]),
      };
    }
    return latest;
  }

  return {
    current,

    prove(id, audience = null) {
      const { key, window } = current();
      return sign(key, id, window, audience);
    },

    isGood(id, proof, audience = null, at = now()) {
      if (!proofPattern.test(proof)) return false;
      const window = currentWindow(at);
      const keys = proofKeys();
      forgetOthers(window, keys);
      given.write(proof, 'latin1');
      const subject = audience === null ? id : `${id}\n${audience}`; // no id has a line break
      // Compared in any case, so that the time tells nobody which images are being looked at.
      if (timingSafeEqual(given, remembered.get(subject) ?? none)) return true;
      const windows = [window - 1, window];
      if (at + clockTolerance >= (window + 1) * windowLength) windows.push(window + 1);
      const inUse = keys.filter((each) => isInUse(each, at));
      const origin = originOfGiven(id, audience, windows, inUse);
      // Proofs that may end before this window does are looked at each time: of a key that is about to end; and of the
      // next window, which would outlive a clock that was set back.
      if (origin && origin.window <= window && origin.proofKey.until === null) remember(subject);
      return origin !== null;
    },
  };
}

/** From this moment until before that one, in ms since 1970. */
interface Span {
  from: number;
  until: number;
}

/** The span between those of these moments that are next to this one. */
function spanAround(at: number, moments: readonly number[]): Span {
  const past = moments.filter((moment) => moment <= at);
  const coming = moments.filter((moment) => moment > at);
  return { from: Math.max(...past), until: Math.min(...coming) };
}

/** When keys begin and end. */
function turns(keys: readonly ProofKey[]): number[] {
  return keys.flatMap(({ from, until }) => (until === null ? [from] : [from, until]));
}

/** The key that makes proofs at this moment. */
function signingKey(keys: readonly ProofKey[], at: number): ProofKey {
  let latest: ProofKey | undefined;
  for (const each of keys) {
    if (each.from <= at && isInUse(each, at) && each.from > (latest?.from ?? Number.NEGATIVE_INFINITY)) latest = each;
  }
  if (latest) return latest;
  throw new PixstoreError(
    'MASTER_KEY_MISMATCH',
    'No proof can be made: another process has exchanged the master key, and this one was not given the new one.',
  );
}

function isInUse({ until }: ProofKey, at: number): boolean {
  return until === null || at < until;
}

function sign({ key }: ProofKey, id: string, window: number, audience: Audience): string {
  const text =
    audience === null
      ? `pixstore/proof/v1\n${window}\n${id}`
      : `pixstore/proof/audience/v1\n${window}\n${id}\n${audience}`;
  return createHmac('sha256', key).update(text).digest('base64url');
}
