import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Keyring, MasterKey } from './master-key.js';

/** Makes and checks proofs: HMACs over an image id, a window of time and, when there is one, an audience. */
export interface Proofs {
  /** Number of the current window: proofs of the same id, audience and window are the same. */
  currentWindow(): number;
  /** A proof that is good now and for one to two windows; for whoever is `audience` alone, when one is given. */
  prove(id: string, audience?: string): string;
  /**
   * Was this proof made here, for this id and audience, in the current or the previous window?
   *
   * @param at - in ms: judges it by this moment and not by now, for requests that had to wait since they came
   */
  isGood(id: string, proof: string, audience?: string, at?: number): boolean;
}

// A proof as text; other text that decodes to the same bytes is another proof, and not ours.
const proofPattern = /^[A-Za-z0-9_-]{43}$/;
const proofLength = 43;

// Good proofs of the current window that are remembered: about 1 MiB of them.
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

  function isMadeHere(id: string, audience: string | undefined, window: number): boolean {
    // No early exit: how long this takes must not depend on which proof it is close to.
    let good = false;
    for (const master of keyring) {
      for (const candidate of [window, window - 1]) {
        const expected = Buffer.from(sign(master, id, candidate, audience), 'latin1');
        if (timingSafeEqual(given, expected)) good = true;
      }
    }
    return good;
  }

  return {
    currentWindow: () => currentWindow(),
    prove: (id, audience) => sign(keyring[0], id, currentWindow(), audience),

    isGood(id, proof, audience, at) {
      if (!proofPattern.test(proof)) return false;
      const window = currentWindow(at);
      if (window !== rememberedWindow) remembered.clear();
      rememberedWindow = window;
      given.write(proof, 'latin1');
      const subject = audience === undefined ? id : `${id}\n${audience}`; // no id has a line break
      // Compared in any case, so that the time tells nobody which images are being looked at.
      if (timingSafeEqual(given, remembered.get(subject) ?? none)) return true;
      const good = isMadeHere(id, audience, window);
      if (good) remember(subject);
      return good;
    },
  };
}

function sign({ proofKey }: MasterKey, id: string, window: number, audience: string | undefined): string {
  const text =
    audience === undefined
      ? `pixstore/proof/v1\n${window}\n${id}`
      : `pixstore/proof/audience/v1\n${window}\n${id}\n${audience}`;
  return createHmac('sha256', proofKey).update(text).digest('base64url');
}
