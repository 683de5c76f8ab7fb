/**
 * Waits for the browser's storage, but not for ever: resolves with undefined when `giveUp` is called (another tab
 * blocks us) or after 2 seconds (browsers have been seen to never answer). The work itself goes on.
 */
export function patiently<Result>(work: (giveUp: () => void) => Promise<Result>): Promise<Result | undefined> {
  const ticks = 20;
  const tick = 100;
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearInterval(timer);
      resolve(undefined);
    };
    // By ticks, since a page that was busy all the time could not hear the answer: that counts as one.
    let left = ticks;
    const timer = setInterval(() => {
      left -= 1;
      if (left === 0) giveUp();
    }, tick);
    work(giveUp)
      .finally(() => clearInterval(timer))
      .then(resolve, reject);
  });
}
