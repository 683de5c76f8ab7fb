import { performance } from 'node:perf_hooks';
import type { EndpointRequest, HandlerContext } from './handler.js';
import { createLoadLimit, type LoadLimits, type Slot } from './load-limit.js';
import type { Paced } from './pace.js';
import type { Sending } from './reply.js';
import type { ServingCounters } from './serving-stats.js';

/** One of the answers that may be under way, given back whatever becomes of it. */
export interface AnswerSlot {
  hold: Slot['hold'];
  /** Gives it back. May be called again. */
  release(): void;
  /** @param letGo - of what else the answer stands on */
  sending(letGo?: () => void): Sending;
}

/** Hands out slots for answers, and gets them back: when the answer was sent, is taken too slowly, or its client has gone. */
export function createAnswerSlots(limits: LoadLimits, counters: ServingCounters) {
  const limit = createLoadLimit(limits);

  /** @returns null when there is none */
  function take(request: EndpointRequest, { pace }: HandlerContext, client: string | undefined): AnswerSlot | null {
    const slot = limit.take(client);
    if (!slot) return null;
    const begun = performance.now();
    let paced: Paced | undefined;
    const release = () => {
      if (!slot.release()) return;
      paced?.stop();
      counters.countRequest(begun);
    };
    // Before anybody is waited for: a client may be gone by the time there is an answer, and then nothing tells of it.
    request.onGone(release);

    const sending = (letGo = () => {}): Sending => ({
      begin(connection, end, inOneGo) {
        const endNow = () => {
          release();
          end();
        };
        if (!slot.send(endNow)) return;
        paced = pace.watch(connection, endNow, inOneGo);
      },
      took(bytes) {
        slot.move();
        paced?.took(bytes);
      },
      async next(body) {
        paced?.pause();
        try {
          return await body.next();
        } finally {
          paced?.resume();
        }
      },
      done() {
        letGo();
        release();
      },
    });
    return { hold: slot.hold, release, sending };
  }

  return { take, load: limit.load };
}
