import { createHistogram, performance } from 'node:perf_hooks';
import { WirePayloadState } from '../../shared/protocol/states.js';

export type StateName = keyof typeof WirePayloadState;

/** How long requests took, in ms, from their arrival to the end of the answer. */
export interface Latency {
  count: number;
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** What an endpoint has done since it was made. */
export interface ServingStats {
  /** Images asked for, by the state they were answered with. */
  images: Record<StateName, number>;
  /** Requests that were answered; a batch is one. */
  requests: number;
  /** Of answers, headers not counted. */
  bytes: number;
  latency: Latency;
}

const stateNames = Object.fromEntries(Object.entries(WirePayloadState).map(([name, state]) => [state, name]));

/** Counts what is served. */
export function createServingCounters() {
  const images = Object.fromEntries(Object.keys(WirePayloadState).map((name) => [name, 0])) as ServingStats['images'];
  const microseconds = createHistogram();
  let requests = 0;
  let bytes = 0;

  return {
    countImage(state: WirePayloadState, length: number): void {
      images[stateNames[state] as StateName] += 1;
      bytes += length;
    },

    /** @param begun - `performance.now()` at its arrival */
    countRequest(begun: number): void {
      requests += 1;
      microseconds.record(Math.max(1, Math.round((performance.now() - begun) * 1000)));
    },

    stats(): ServingStats {
      const ms = (value: number) => (requests === 0 ? 0 : value / 1000);
      const latency = {
        count: requests,
        mean: ms(microseconds.mean),
        p50: ms(microseconds.percentile(50)),
        p90: ms(microseconds.percentile(90)),
        p99: ms(microseconds.percentile(99)),
        max: ms(microseconds.max),
      };
      return { images: { ...images }, requests, bytes, latency };
    },
  };
}

export type ServingCounters = ReturnType<typeof createServingCounters>;
