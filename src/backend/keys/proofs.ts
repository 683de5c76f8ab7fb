import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Audience } from './audience.js';
import type { Keyring, MasterKey } from './master-key.js';

/** Makes and checks proofs: HMACs over an image id, a window of time and, when there is one, an audience. */
export interface Proofs {
  /** Number of the current window: proofs of the same id, audience and window are the same. */
  currentWindow(): number;
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

/** @param windowLength - in ms */
export function createProofs(keyring: Keyring, windowLength: number, now: () => number): Proofs {
  const currentWindow = (at = now()) => Math.floor(at / windowLength);
  const given = Buffer.alloc(proofLength);
  const none = Buffer.alloc(proofLength);
  const remembered = new Map<string, Uint8Array>();
  let rememberedWindow: number | undefined;

  /** Only proofs that were good get here, so nobody can fill it with what he made up. */
  function remember(subject: string): void {
    if (remembered.size >= rememberedAtMost) remembered.delete(remembered.keys().next().value as string);
    remembered.set(subject, Uint8Array.from(given));
  }

  /** @returns the latest of the windows in which the given proof could have been made, or null */
  function windowOfGiven(id: string, audience: Audience, windows: readonly number[]): number | null {
    // No early exit: how long this takes must not depend on which proof it is close to.
    let made: number | null = null;
    for (const master of keyring) {
      for (const window of windows) {
        const expected = Buffer.from(sign(master, id, window, audience), 'latin1');
        if (timingSafeEqual(given, expected)) made = window;
      }
    }
    return made;
  }

  return {
    currentWindow: () => currentWindow(),
    prove: (id, audience = null) => sign(keyring[0], id, currentWindow(), audience),

    isGood(id, proof, audience = null, at = now()) {
      if (!proofPattern.test(proof)) return false;
      const window = currentWindow(at);
      if (window !== rememberedWindow) remembered.clear();
      rememberedWindow = window;
      given.write(proof, 'latin1');
      const subject = audience === null ? id : `${id}\n${audience}`; // no id has a line break
      // Compared in any case, so that the time tells nobody which images are being looked at.
      if (timingSafeEqual(given, remembered.get(subject) ?? none)) return true;
      const windows = [window - 1, window];
      if (at + clockTolerance >= (window + 1) * windowLength) windows.push(window + 1);
      const made = windowOfGiven(id, audience, windows);
      // A proof of the next window is looked at each time: were it remembered, a clock set back would not end it.
      if (made !== null && made <= window) remember(subject);
      return made !== null;
    },
  };
}

function sign({ proofKey }: MasterKey, id: string, window: number, audience: Audience): string {
  const text =
    audience === null
      ? `pixstore/proof/v1\n${window}\n${id}`
      : `pixstore/proof/audience/v1\n${window}\n${id}\n${audience}`;
  return createHmac('sha256', proofKey).update(text).digest('base64url');
}
