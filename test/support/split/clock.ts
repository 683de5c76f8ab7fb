/** A clock that goes on when it is told to. */
export function createClock(start = 1_700_000_000_000) {
  let time = start;
  return {
    now: () => time,
    pass(ms: number) {
      time += ms;
    },
  };
}

export const hours = (count: number): number => count * 3_600_000;
