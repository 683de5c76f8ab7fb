import { Session } from 'node:inspector/promises';

/** Watches the main thread of its own process. */
export function createProfiler() {
  const session = new Session();
  return {
    async startProfile() {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 500 }); // microseconds
      await session.post('Profiler.start');
    },

    /** @returns {Promise<import('node:inspector').Profiler.Profile>} */
    async stopProfile() {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      return profile;
    },
  };
}
