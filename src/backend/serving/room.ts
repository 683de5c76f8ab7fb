import { performance } from 'node:perf_hooks';
import type { Door, EndpointRequest } from './door.js';
import { createLoadLimit, type LoadLimits, type Place } from './load-limit.js';
import type { Paced } from './pace.js';
import type { Sending } from './reply.js';
import type { ServingCounters } from './serving-stats.js';

/** Where an answer is made: the room it takes. */
export interface Room {
  hold: Place['hold'];
  /** Gives the room up. May be called again. */
  leave(): void;
  /** @param letGo - of what else the answer stands on */
  sending(letGo?: () => void): Sending;
}

/** Finds room for answers, and gets it back whatever becomes of them. */
export function createRooms(limits: LoadLimits, counters: ServingCounters) {
  const limit = createLoadLimit(limits);

  /** @returns null when there is none */
  function enter(request: EndpointRequest, { pace }: Door, client: string | undefined): Room | null {
    const place = limit.enter(client);
    if (!place) return null;
    const begun = performance.now();
    let paced: Paced | undefined;
    const leave = () => {
      if (!place.leave()) return;
      paced?.stop();
      counters.countRequest(begun);
    };
    // Before anybody is waited for: a client may be gone by the time there is an answer, and then nothing tells of it.
    request.onGone(leave);

    const sending = (letGo = () => {}): Sending => ({
      begin(connection, end, inOneGo) {
        const endNow = () => {
          leave();
          end();
        };
        if (!place.send(endNow)) return;
        paced = pace.watch(connection, endNow, inOneGo);
      },
      took(bytes) {
        place.move();
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
        leave();
      },
    });
    return { hold: place.hold, leave, sending };
  }

  return { enter, load: limit.load };
}
